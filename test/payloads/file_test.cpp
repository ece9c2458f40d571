// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/file.hpp>

// A file as a source; file_sink_test.cpp has it as a sink.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <files.hpp>
#include <folder.hpp>
#include <limits>
#include <peer.hpp>
#include <printing.hpp>
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

static_assert(source<file_source> && !sink<file_source>);

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

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
