// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A file as a sink.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <files.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <remains.hpp>
#include <string>
#include <thread>
#include <transports.hpp>
#include <trivium/blocking.hpp>
#include <utility>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

static_assert(sink<file_sink> && !source<file_sink>);

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

transfer_result received_of(std::vector<std::byte> const& data, file_sink into,
                            writing_peer::then after = writing_peer::then::finish) {
  loopback<tcp> ends;
  writing_peer peer{ends.far, data, after};
  return blocking::receive_file(ends.near, std::move(into), {.timeout = 10s});
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(all_that_comes_is_written_until_the_peer_finishes, with_file) {
  auto const into = in.path("new");
  auto const received = received_of(data, into);
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == data.size());
  BOOST_TEST(same(read_file(into), data));
}

BOOST_FIXTURE_TEST_CASE(nothing_that_comes_is_an_empty_file, with_file) {
  BOOST_TEST(no_error(received_of({}, path)));
  BOOST_TEST(read_file(path).empty());
  BOOST_TEST(no_error(received_of(data, {path, {.length = 0}}, writing_peer::then::finish)));
  BOOST_TEST(read_file(path).empty());
}

BOOST_FIXTURE_TEST_CASE(a_length_is_received_and_no_byte_past_it, with_file) {
  loopback<tcp> ends;
  writing_peer peer{ends.far, data};
  auto const into = in.path("new");
  auto const received = blocking::receive_file(ends.near, {into, {.length = 150'000}}, {.timeout = 10s});
  BOOST_TEST(no_error(received));
  BOOST_TEST(same(read_file(into), part(0, 150'000)));
  std::vector<std::byte> rest(50'000);
  BOOST_TEST(no_error(blocking::receive_all(ends.near, rest)));
  BOOST_TEST(same(rest, part(150'000, 50'000)));
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_finishes_before_the_length_is_said_and_what_came_is_in_the_file,
                        with_file) {
  auto const into = in.path("new");
  auto const received = received_of(data, {into, {.length = 300'000}});
  BOOST_TEST(received.error == errc::end_of_file);
  BOOST_TEST(received.bytes == data.size());
  BOOST_TEST(same(read_file(into), data));  // and no zeros of what was allocated
}

BOOST_FIXTURE_TEST_CASE(a_path_replaces_what_is_behind_the_offset, with_file) {
  BOOST_TEST(no_error(received_of(pattern(10, 77), {path, {.offset = 100}})));
  auto expected = part(0, 100);
  auto const behind = pattern(10, 77);
  expected.insert(expected.end(), behind.begin(), behind.end());
  BOOST_TEST(same(read_file(path), expected));
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_replaces_only_what_comes, with_file) {
  descriptor_of const file{path, O_WRONLY};
  BOOST_TEST(no_error(received_of(pattern(10, 77), {file.number, {.offset = 100}})));
  auto expected = data;
  auto const middle = pattern(10, 77);
  std::copy(middle.begin(), middle.end(), expected.begin() + 100);
  BOOST_TEST(same(read_file(path), expected));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_written_is_said_and_no_byte_is_taken, with_file) {
  loopback<tcp> ends;
  writing_peer peer{ends.far, data};
  descriptor_of const read_only{path, O_RDONLY};
  int pipe[2];
  BOOST_REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  auto const ends_with = [&](file_sink into, int code) {
    auto const received = blocking::receive_file(ends.near, std::move(into), {.timeout = 10s});
    BOOST_TEST(received.error == kernels(code));
    BOOST_TEST(received.bytes == 0u);
  };
  ends_with({path, {}, {.only_new = true}}, EEXIST);
  ends_with({in.path("missing/file")}, ENOENT);
  ends_with({in.path("")}, EISDIR);
  descriptor_of const appends{in.path("log"), O_WRONLY | O_CREAT | O_APPEND};
  ends_with({read_only.number}, EBADF);
  ends_with({pipe[1]}, ESPIPE);
  BOOST_REQUIRE(::mkfifo(in.path("fifo").c_str(), 0600) == 0);
  ends_with({in.path("fifo")}, ENXIO);
  ends_with({ends.near.native_handle()}, ESPIPE);
  ends_with({appends.number}, EINVAL);
  ends_with({in.path("new"), {.offset = std::uint64_t{1} << 63}}, EINVAL);
  {
    faults seam;
    seam.fallocate_error = ENOSPC;
    ends_with({in.path("new"), {.length = 10}}, ENOSPC);
  }
  std::vector<std::byte> all(data.size());
  BOOST_TEST(no_error(blocking::receive_all(ends.near, all)));
  BOOST_TEST(same(all, data));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

BOOST_FIXTURE_TEST_CASE(a_file_system_that_cannot_allocate_is_written_all_the_same, with_file) {
  for (int const code : {EOPNOTSUPP, ENOSYS}) {
    faults seam;
    seam.fallocate_error = code;
    auto const into = in.path("new");
    BOOST_TEST(no_error(received_of(data, {into, {.length = data.size()}})));
    BOOST_TEST(same(read_file(into), data));
  }
}

// The sink has not written `received` bytes that it took: with room, they and the rest are in the file.
void goes_on_with_room(loopback<tcp>& ends, file_sink& kept, std::size_t received, with_file const& whole) {
  auto const rest = blocking::receive(ends.near, borrow(kept), {.timeout = 10s});
  BOOST_TEST(no_error(rest));
  BOOST_TEST(received + rest.bytes == whole.data.size());
  BOOST_TEST(same(read_file(whole.in.path("new")), whole.data));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_full_for_a_while_costs_no_byte, with_file) {
  loopback<tcp> ends;
  writing_peer peer{ends.far, data, writing_peer::then::finish};
  file_sink kept{in.path("new")};
  std::size_t received = 0;
  {
    faults seam;
    seam.pwrite_error = ENOSPC;
    for (int tries = 0; tries != 3; ++tries) {
      auto const ended = blocking::receive(ends.near, borrow(kept), {.timeout = 10s});
      BOOST_TEST(ended.error == kernels(ENOSPC));
      BOOST_TEST(ended.connection_usable());
      received += ended.bytes;
      BOOST_TEST(kept.unwritten() == received);  // a full disk takes nothing more from the connection
    }
  }
  BOOST_TEST(received > 0u);
  goes_on_with_room(ends, kept, received, *this);
}

// In bulk, what is not written yet is in a pipe.
BOOST_AUTO_TEST_CASE(a_disk_that_gets_full_in_the_middle_costs_no_byte) {
  with_file const much{8'000'000};
  loopback<tcp> ends;
  writing_peer peer{ends.far, much.data, writing_peer::then::finish};
  file_sink kept{much.in.path("new")};
  std::size_t received = 0;
  {
    faults seam;
    transfer download{ends.near, borrow(kept)};
    while (seam.pipes == 0 && !download.ended()) static_cast<void>(download.advance(64 * 1024));
    BOOST_REQUIRE(!download.ended());
    seam.pwrite_error = ENOSPC;
    auto const written = download.result().bytes - kept.unwritten();
    while (download.advance() != progress::done) {
    }
    BOOST_TEST(download.result().error == kernels(ENOSPC));
    received = download.result().bytes;
    BOOST_TEST(kept.unwritten() == received - written);
  }
  goes_on_with_room(ends, kept, received, much);
}

// A user who has many pipes gets the next with two pages. Then memory is better.
BOOST_FIXTURE_TEST_CASE(a_pipe_that_is_too_small_is_not_used, with_file) {
  faults seam;
  seam.pipe_size = 8192;
  seam.splice_error = EIO;  // it would be seen
  auto const into = in.path("new");
  auto const descriptors = open_descriptors();
  BOOST_TEST(no_error(received_of(data, into)));
  BOOST_TEST(same(read_file(into), data));
  BOOST_TEST(open_descriptors() == descriptors);
}

// At urgent data splice returns 0, as at the end of file.
BOOST_FIXTURE_TEST_CASE(urgent_data_is_not_the_end, with_file) {
  for (limits const& within : {limits{}, limits{.timeout = 60s}}) {
    auto const into = in.path("new");
    loopback<tcp> ends;
    std::thread peer{[&, fd = ends.far.native_handle()] {
      auto const sends = [&](std::span<std::byte const> bytes) {
        while (!bytes.empty()) {
          auto const n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
          if (n <= 0) return;
          bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
      };
      sends(std::span{data}.first(150'000));
      ::send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL);
      sends(std::span{data}.subspan(150'000));
      ::shutdown(fd, SHUT_WR);
    }};
    auto const received = blocking::receive_file(ends.near, into, within);
    ends.near.close();
    peer.join();
    BOOST_TEST(no_error(received));
    BOOST_TEST(same(read_file(into), data));
  }
}

BOOST_FIXTURE_TEST_CASE(what_was_allocated_and_did_not_come_is_given_back, with_file) {
  auto const into = in.path("new");
  auto const received = received_of(data, {into, {.length = std::uint64_t{64} << 20}});
  BOOST_TEST(received.error == errc::end_of_file);
  struct stat file {};
  BOOST_REQUIRE(::stat(into.c_str(), &file) == 0);
  BOOST_TEST(static_cast<std::size_t>(file.st_size) == data.size());
  BOOST_TEST(file.st_blocks * 512 < 1 << 20);
}

BOOST_FIXTURE_TEST_CASE(without_descriptors_for_a_pipe_memory_is_used, with_file) {
  faults seam;
  seam.pipe_error = EMFILE;
  auto const into = in.path("new");
  BOOST_TEST(no_error(received_of(data, into)));
  BOOST_TEST(same(read_file(into), data));
}

BOOST_FIXTURE_TEST_CASE(a_kernel_without_splice_for_the_socket_uses_memory, with_file) {
  faults seam;
  seam.splice_error = EINVAL;
  auto const into = in.path("new");
  BOOST_TEST(no_error(received_of(data, into)));
  BOOST_TEST(same(read_file(into), data));
}

BOOST_FIXTURE_TEST_CASE(a_write_that_is_short_goes_on, with_file) {
  auto const into = in.path("new");
  faults seam;
  seam.pwrite_at_most = 1001;
  BOOST_TEST(no_error(received_of(data, into)));
  BOOST_TEST(same(read_file(into), data));
}

// A limit of the process, as the kernel enforces it: EFBIG, where SIGXFSZ is ignored.
BOOST_FIXTURE_TEST_CASE(a_limit_on_the_size_of_files_is_said_at_the_exact_byte, with_file) {
  BOOST_REQUIRE(::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit const small{100'000, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  auto const into = in.path("new");
  auto const received = received_of(data, into);
  ::setrlimit(RLIMIT_FSIZE, &before);
  BOOST_TEST(received.error == kernels(EFBIG));
  BOOST_TEST(same(read_file(into), part(0, 100'000)));
}

BOOST_FIXTURE_TEST_CASE(a_file_is_synced_once_and_only_if_asked, with_file) {
  faults seam;
  auto const into = in.path("new");
  BOOST_TEST(no_error(received_of(data, into)));
  BOOST_TEST(seam.fsyncs == 0u);
  BOOST_TEST(no_error(received_of(data, {into, {}, {.sync = true}})));
  BOOST_TEST(seam.fsyncs == 1u);
  BOOST_TEST(no_error(received_of(data, {into, {.length = data.size()}, {.sync = true}})));
  BOOST_TEST(seam.fsyncs == 2u);
  BOOST_TEST(no_error(received_of(data, {into, {.length = 0}, {.sync = true}})));
  BOOST_TEST(seam.fsyncs == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_sync_that_fails_is_no_success, with_file) {
  faults seam;
  seam.fsync_error = EIO;
  auto const received = received_of(data, {in.path("new"), {.length = data.size()}, {.sync = true}});
  BOOST_TEST(received.error == kernels(EIO));
  BOOST_TEST(received.bytes == data.size());
  BOOST_TEST(same(read_file(in.path("new")), data));
}

// The kernel reports the loss once.
BOOST_FIXTURE_TEST_CASE(behind_a_sync_that_failed_a_sink_does_not_go_on, with_file) {
  loopback<tcp> ends;
  writing_peer peer{ends.far, data};
  file_sink into{in.path("new"), {.length = data.size()}, {.sync = true}};
  {
    faults seam;
    seam.fsync_error = EIO;
    BOOST_TEST(blocking::receive(ends.near, borrow(into), {.timeout = 10s}).error == kernels(EIO));
  }
  BOOST_TEST(blocking::receive(ends.near, borrow(into), {.timeout = 10s}).error == kernels(EIO));
}

BOOST_AUTO_TEST_CASE(a_device_takes_what_comes) {
  BOOST_TEST(no_error(received_of(pattern(100'000), "/dev/null")));
  BOOST_TEST(no_error(received_of(pattern(100'000), {"/dev/null", {.offset = 1, .length = 100'000}})));
  BOOST_TEST(received_of(pattern(100'000), "/dev/full").error == kernels(ENOSPC));
}
