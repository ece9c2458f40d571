// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/file.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <files.hpp>
#include <folder.hpp>
#include <limits>
#include <peer.hpp>
#include <printing.hpp>
#include <remains.hpp>
#include <scripted_channel.hpp>
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

static_assert(source<file_source> && !sink<file_source> && sink<file_sink> && !source<file_sink>);

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

struct with_file {
  explicit with_file(std::size_t bytes = 200'000) : data{pattern(bytes)} { write_file(path, data); }

  folder in;
  std::string const path = in.path("file");
  std::vector<std::byte> data;

  auto part(std::size_t from, std::size_t length) const {
    return std::vector<std::byte>(data.begin() + static_cast<std::ptrdiff_t>(from),
                                  data.begin() + static_cast<std::ptrdiff_t>(from + length));
  }
};

struct descriptor_of {
  descriptor_of(std::string const& path, int flags) : number{::open(path.c_str(), flags | O_CLOEXEC, 0666)} {
    BOOST_REQUIRE(number >= 0);
  }
  ~descriptor_of() { ::close(number); }
  int const number;
};

// What arrives of `from` through plain TCP, and how it ended.
struct sent_whole {
  transfer_result sent;
  std::vector<std::byte> arrived;
};
sent_whole sending_whole(file_source from) {
  loopback<tcp> ends;
  reading_peer peer{ends.far};
  auto const sent = blocking::send_file(ends.near, std::move(from));
  ends.near.close();
  return {sent, peer.seen()};
}

transfer_result received_of(std::vector<std::byte> const& data, file_sink into,
                            writing_peer::then after = writing_peer::then::finish) {
  loopback<tcp> ends;
  writing_peer peer{ends.far, data, after};
  return blocking::receive_file(ends.near, std::move(into), {.timeout = 10s});
}

// A channel without send_file, which gives what it takes to the test.
class taking final : public channel {
 public:
  explicit taking(std::size_t at_once) : at_once_{at_once} {}
  attempt send(std::span<iovec const> pieces, may_block) noexcept override {
    auto const& piece = pieces.front();
    auto const bytes = std::min(piece.iov_len, at_once_);
    auto const* const from = static_cast<std::byte const*>(piece.iov_base);
    taken.insert(taken.end(), from, from + bytes);
    return {.what = attempt::outcome::moved, .bytes = bytes};
  }
  attempt receive(std::span<iovec>, may_block) noexcept override { return {}; }
  std::size_t queued() noexcept override { return 0; }
  std::vector<std::byte> taken;

 private:
  std::size_t at_once_;
};

}  // namespace

// --- Sending.

BOOST_FIXTURE_TEST_CASE(a_file_is_sent_from_the_offset_to_its_size, with_file) {
  for (std::size_t const from : {0u, 1u, 4096u, 199'999u, 200'000u, 300'000u}) {
    auto const [sent, arrived] = sending_whole({path, {.offset = from}});
    BOOST_TEST(no_error(sent));
    BOOST_TEST(same(arrived, from < data.size() ? part(from, data.size() - from) : std::vector<std::byte>{}));
  }
}

BOOST_FIXTURE_TEST_CASE(a_part_of_a_file_is_sent_and_no_more, with_file) {
  descriptor_of const file{path, O_RDONLY};
  auto const [sent, arrived] = sending_whole({file.number, {.offset = 10'001, .length = 100'000}});
  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes == 100'000u);
  BOOST_TEST(same(arrived, part(10'001, 100'000)));
  BOOST_TEST(::lseek(file.number, 0, SEEK_CUR) == 0);  // its own position is not used
}

BOOST_FIXTURE_TEST_CASE(what_is_left_of_a_file_is_known, with_file) {
  taking at{1000};
  file_source from{path, {.offset = 100'000}};
  BOOST_TEST(from.left().value() == 100'000u);
  BOOST_TEST(from.send_to(at, 5000, may_block::no).bytes == 1000u);
  BOOST_TEST(from.left().value() == 99'000u);
  BOOST_TEST(from.position() == 101'000u);
}

BOOST_AUTO_TEST_CASE(an_empty_file_and_an_empty_part_need_no_attempt_to_send) {
  with_file const empty{0}, full{10};
  auto never = never_ready();
  transfer of_none{never, file_source{full.path, {.length = 0}}};
  BOOST_TEST(of_none.advance() == progress::done);
  BOOST_TEST(no_error(of_none.result()));
  transfer of_empty{never, file_source{empty.path}};
  BOOST_TEST(of_empty.advance() == progress::done);
  BOOST_TEST(no_error(of_empty.result()));
  BOOST_TEST(never.asked.empty());
}

// What cannot be opened is no file, whatever was passed: a path that is none, a folder, a pipe, a closed
// descriptor, a part that no file has.
BOOST_FIXTURE_TEST_CASE(a_file_that_is_none_is_said_at_the_first_attempt_and_the_connection_stays,
                        with_file) {
  int pipe[2];
  BOOST_REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  descriptor_of const write_only{path, O_WRONLY};
  auto const fifo = in.path("fifo");
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  loopback<tcp> ends;
  auto const ends_with = [&](file_source from, int code, bool usable = true) {
    auto const sent = blocking::send_file(ends.near, std::move(from));
    BOOST_TEST(sent.error == kernels(code));
    BOOST_TEST(sent.bytes == 0u);
    BOOST_TEST(sent.connection_usable() == usable);
  };
  ends_with({in.path("missing")}, ENOENT);
  ends_with({in.path("")}, EISDIR);
  ends_with({pipe[0]}, ESPIPE);
  ends_with({fifo}, ESPIPE);      // and is not waited for
  ends_with({-1}, EBADF, false);  // the same number as for a socket that is none
  ends_with({write_only.number}, EBADF, false);
  ends_with({ends.near.native_handle()}, ESPIPE);
  ends_with({path, {.offset = std::uint64_t{1} << 63}}, EINVAL);
  ends_with({path, {.offset = 1, .length = std::numeric_limits<std::int64_t>::max()}}, EINVAL);
  BOOST_TEST((file_source{in.path("missing")}.error() == kernels(ENOENT)));
  reading_peer peer{ends.far};
  BOOST_TEST(no_error(blocking::send_file(ends.near, path)));
  ends.near.close();
  BOOST_TEST(same(peer.seen(), data));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_shortened_meanwhile_ends_it_at_the_last_byte_that_it_had) {
  for (bool const copied : {false, true}) {
    with_file const file{1'000'000};
    auto const& path = file.path;
    loopback<tcp> ends;
    reading_peer peer{ends.far};
    taking channel{1 << 20};
    auto const through = copied ? any_channel{channel} : channel_of(ends.near);
    transfer upload{through, file_source{path}};
    BOOST_TEST(upload.advance(50'000) == progress::yielded);
    BOOST_REQUIRE(::truncate(path.c_str(), 60'000) == 0);
    while (upload.advance() != progress::done) {
    }
    BOOST_TEST(upload.result().error == errc::source_ended);
    BOOST_TEST(upload.result().connection_usable());
    ends.near.close();
    auto const arrived = copied ? channel.taken : peer.seen();
    BOOST_TEST(upload.result().bytes == arrived.size());
    // What had been read before may have gone further.
    if (!copied) BOOST_TEST(arrived.size() == 60'000u);
    BOOST_TEST(same(arrived, file.part(0, arrived.size())));
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_appended_meanwhile_is_not_sent, with_file) {
  file_source from{path};
  write_file(path, pattern(300'000));
  auto const [sent, arrived] = sending_whole(std::move(from));
  BOOST_TEST(no_error(sent));
  BOOST_TEST(same(arrived, data));
}

BOOST_FIXTURE_TEST_CASE(through_a_channel_without_send_file_the_bytes_are_read_and_none_is_lost, with_file) {
  taking at{777};
  transfer upload{at, file_source{path, {.offset = 3}}};
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(no_error(upload.result()));
  BOOST_TEST(same(at.taken, part(3, data.size() - 3)));
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_know_its_size_is_sent_to_its_end) {
  auto const [sent, arrived] = sending_whole({"/proc/version"});
  BOOST_TEST(no_error(sent));
  BOOST_TEST(same(arrived, read_file("/proc/version")));
  BOOST_TEST(!arrived.empty());
}

BOOST_AUTO_TEST_CASE(a_hole_is_sent_as_zeros) {
  folder const in;
  auto const path = in.path("sparse");
  write_file(path, {});
  BOOST_REQUIRE(::truncate(path.c_str(), 5 << 20) == 0);
  auto const [sent, arrived] = sending_whole(path);
  BOOST_TEST(no_error(sent));
  BOOST_TEST(same(arrived, std::vector<std::byte>(5 << 20)));
}

BOOST_FIXTURE_TEST_CASE(a_file_system_without_sendfile_is_read_instead, with_file) {
  faults const seam{
      [](moving_call const& call) { return call.number == 0 ? fault{.error = EINVAL} : fault{}; }};
  auto const [sent, arrived] = sending_whole(path);
  BOOST_TEST(no_error(sent));
  BOOST_TEST(same(arrived, data));
}

BOOST_FIXTURE_TEST_CASE(a_device_that_fails_is_said_and_the_connection_stays, with_file) {
  taking at{1000};
  faults seam;
  seam.pread_error = EIO;
  transfer upload{at, file_source{path}};
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(upload.result().error == kernels(EIO));
  BOOST_TEST(upload.result().connection_usable());
}

// sendfile has no MSG_NOSIGNAL, and the test would end if it was killed by what it raised.
BOOST_FIXTURE_TEST_CASE(a_peer_that_is_gone_raises_no_sigpipe, with_file) {
  BOOST_REQUIRE(::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  for (bool const blocked : {false, true}) {
    for (bool const pending : {false, true}) {
      if (pending && !blocked) continue;
      std::thread{[&] {
        sigset_t pipe, before, now;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        if (blocked) ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        if (pending) ::pthread_kill(::pthread_self(), SIGPIPE);
        ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
        auto [near, far] = local_pair();
        far.close();
        BOOST_TEST(blocking::send_file(near, path).error == kernels(EPIPE));
        ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
        BOOST_TEST(::sigismember(&now, SIGPIPE) == (blocked ? 1 : 0));
        sigset_t left;
        ::sigpending(&left);
        BOOST_TEST(::sigismember(&left, SIGPIPE) == (pending ? 1 : 0));  // its own stays, ours is gone
        timespec const at_once{};
        if (pending) ::sigtimedwait(&pipe, nullptr, &at_once);
      }}.join();
    }
  }
}

// Many pages are sent before the reader is gone: the count is short, and the signal was raised nevertheless.
BOOST_FIXTURE_TEST_CASE(a_peer_that_leaves_in_the_middle_raises_no_sigpipe, with_file) {
  auto const path_of_much = in.path("much");
  write_file(path_of_much, std::vector<std::byte>(std::size_t{8} << 20));
  for (int round = 0; round != 20; ++round) {
    auto [near, far] = local_pair();
    std::thread reader{[fd = far.release()] {
      std::vector<char> some(1 << 20);
      static_cast<void>(::recv(fd, some.data(), some.size(), MSG_WAITALL));
      ::close(fd);
    }};
    std::thread{[&path_of_much, sends = std::move(near)]() mutable {
      sigset_t pipe, left;
      ::sigemptyset(&pipe);
      ::sigaddset(&pipe, SIGPIPE);
      ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // what was raised would be pending
      auto const sent = blocking::send_file(sends, path_of_much);
      BOOST_TEST((sent.error == kernels(EPIPE) || sent.error == kernels(ECONNRESET)));
      ::sigpending(&left);
      BOOST_TEST(::sigismember(&left, SIGPIPE) == 0);
    }}.join();
    reader.join();
  }
}

BOOST_FIXTURE_TEST_CASE(where_it_may_sleep_o_nonblock_is_not_touched, with_file) {
  loopback<tcp> ends;
  reading_peer peer{ends.far};
  BOOST_TEST(no_error(blocking::send_file(ends.near, path)));
  BOOST_TEST((::fcntl(ends.near.native_handle(), F_GETFL) & O_NONBLOCK) == 0);
  BOOST_TEST(no_error(blocking::send_file(ends.near, path, {.timeout = 10s})));
  BOOST_TEST((::fcntl(ends.near.native_handle(), F_GETFL) & O_NONBLOCK) != 0);  // as documented
  ends.near.close();
}

BOOST_FIXTURE_TEST_CASE(a_borrowed_file_stays_open_and_one_of_its_own_is_closed, with_file) {
  descriptor_of const file{path, O_RDONLY};
  { file_source const borrows{file.number}; }
  BOOST_TEST(::fcntl(file.number, F_GETFD) >= 0);
  int number = -1;
  {
    file_source first{path};
    number = first.native_handle();
    file_source const owner{std::move(first)};
    BOOST_TEST(owner.native_handle() == number);
    BOOST_TEST(::fcntl(number, F_GETFD) == FD_CLOEXEC);
  }
  BOOST_TEST(::fcntl(number, F_GETFD) == -1);
}

// --- Receiving.

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

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_full_for_a_while_costs_no_byte, with_file) {
  auto const into = in.path("new");
  loopback<tcp> ends;
  writing_peer peer{ends.far, data, writing_peer::then::finish};
  file_sink kept{into};
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
  auto const rest = blocking::receive(ends.near, borrow(kept), {.timeout = 10s});
  BOOST_TEST(no_error(rest));
  BOOST_TEST(received + rest.bytes == data.size());
  BOOST_TEST(same(read_file(into), data));
}

// In bulk, what is not written yet is in a pipe.
BOOST_FIXTURE_TEST_CASE(a_disk_that_gets_full_in_the_middle_costs_no_byte, with_file) {
  auto const into = in.path("new");
  loopback<tcp> ends;
  writing_peer peer{ends.far, data, writing_peer::then::finish};
  file_sink kept{into};
  std::size_t received = 0;
  {
    faults seam;
    transfer download{ends.near, borrow(kept)};
    while (download.result().bytes < 66'000) static_cast<void>(download.advance(1));
    seam.pwrite_error = ENOSPC;
    auto const written = download.result().bytes;
    while (download.advance() != progress::done) {
    }
    BOOST_TEST(download.result().error == kernels(ENOSPC));
    received = download.result().bytes;
    BOOST_TEST(kept.unwritten() == received - written);
  }
  auto const rest = blocking::receive(ends.near, borrow(kept), {.timeout = 10s});
  BOOST_TEST(no_error(rest));
  BOOST_TEST(received + rest.bytes == data.size());
  BOOST_TEST(same(read_file(into), data));
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
