// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/blocking.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <addresses.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <scripted_time.hpp>
#include <string>
#include <thread>
#include <transports.hpp>
#include <waker.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

bool nonblocking_now(trivium::socket const& of) {
  return (::fcntl(of.native_handle(), F_GETFL) & O_NONBLOCK) != 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_loop_is_needed_from_connect_to_finish) {
  auto listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const port = std::to_string(listening.local_endpoint()->port());
  auto near = blocking::connect("127.0.0.1", port, {.timeout = 10s}).value();
  auto far = blocking::accept(listening, {.timeout = 10s}).value();
  std::string const text = "hello";
  std::string into(5, '?');
  BOOST_TEST(blocking::send_all(near, text, {.timeout = 10s}).value() == 5u);
  BOOST_TEST(blocking::receive_all(far, into, {.timeout = 10s}).value() == 5u);
  BOOST_TEST(into == text);
  BOOST_TEST(blocking::send_some(far, text).value() == 5u);
  BOOST_TEST(blocking::receive_some(near, into).value() >= 1u);
  BOOST_TEST(no_error(blocking::finish(near, {.timeout = 10s})));
  BOOST_TEST(blocking::receive_some(far, into).error == errc::end_of_file);
}

// Limits and stops hold whatever the descriptor is, and leave it as it was.
BOOST_AUTO_TEST_CASE(it_neither_needs_nor_changes_o_nonblock) {
  for (bool const set : {false, true}) {
    auto [near, far] = tcp_pair();
    if (set) BOOST_REQUIRE(::fcntl(near.native_handle(), F_SETFL, O_NONBLOCK) == 0);
    std::string into(5, '?');
    BOOST_TEST(blocking::receive_all(near, into, {.timeout = 2ms}).error == errc::timed_out);
    BOOST_TEST(nonblocking_now(near) == set);
    std::thread peer{[fd = far.native_handle()] { ::send(fd, "hello", 5, 0); }};
    BOOST_TEST(blocking::receive_all(near, into).bytes == 5u);
    peer.join();
    BOOST_TEST(nonblocking_now(near) == set);
  }
}

BOOST_AUTO_TEST_CASE(a_transfer_without_limits_sleeps_in_the_call_that_moves_it) {
  auto [near, far] = tcp_pair(16 * 1024);
  auto const data = pattern(1 << 20);
  reading_peer peer{far};
  faults seam;
  auto const sent = blocking::send_all(near, data);
  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.calls == 1u);
  BOOST_TEST(sent.waits == 0u);
  BOOST_TEST(seam.all == 1u);
  near.close();
  BOOST_TEST(same(peer.seen(), data));
}

// Where Asio has made the descriptor O_NONBLOCK, the call that would sleep does not: it is asked in vain
// once.
BOOST_AUTO_TEST_CASE(on_a_nonblocking_descriptor_it_sleeps_in_poll) {
  auto [near, far] = local_pair();
  std::string into(6, '?');
  BOOST_REQUIRE(::send(far.native_handle(), "abcdef", 6, 0) == 6);
  faults seam{[](moving_call const& call) {
    if (call.number == 1) return fault{.error = EAGAIN};
    return call.number == 3 ? fault{} : fault{.at_most = 2};
  }};
  auto const received = blocking::receive_all(near, into);
  BOOST_TEST(no_error(received));
  BOOST_TEST(into == "abcdef");
  BOOST_TEST(received.calls == 4u);
  BOOST_TEST(received.would_blocks == 1u);
  BOOST_TEST(received.waits == 2u);
  BOOST_TEST(seam.polls == 2u);
}

// The call that mostly suffices is the first attempt of the operation that goes on where it does not.
BOOST_AUTO_TEST_CASE(what_the_first_call_leaves_is_gone_on_with) {
  struct {
    fault first;
    std::uint64_t would_blocks, waits;
  } const cases[] = {{{.at_most = 3}, 0, 1}, {{.error = EINTR}, 0, 0}, {{.error = EAGAIN}, 1, 1}};
  std::string const text = "hello, world";
  for (auto const& each : cases) {
    auto ends = tcp_pair();
    auto const script = [&](moving_call const& call) { return call.number == 0 ? each.first : fault{}; };
    std::string into(text.size(), '?');
    transfer_result sent, received;
    {
      faults seam{script};
      sent = blocking::send_all(ends.first, text);
      BOOST_TEST(seam.sends == 2u);
    }
    {
      faults seam{script};
      received = blocking::receive_all(ends.second, into);
      BOOST_TEST(seam.receives == 2u);
    }
    for (auto const* const came : {&sent, &received}) {
      BOOST_TEST(no_error(*came));
      BOOST_TEST(came->bytes == text.size());
      BOOST_TEST(came->calls == 2u);
      BOOST_TEST(came->would_blocks == each.would_blocks);
      BOOST_TEST(came->waits == each.waits);
    }
    BOOST_TEST(into == text);
  }
}

BOOST_AUTO_TEST_CASE(the_first_calls_error_is_told_and_not_asked_for_again) {
  auto [near, far] = tcp_pair();
  std::string into(5, '?');
  {
    faults seam{[](moving_call const&) { return fault{.error = ECONNRESET}; }};
    for (auto const& came : {blocking::send_all(near, into), blocking::receive_all(near, into),
                             blocking::send_some(near, into), blocking::receive_some(near, into)}) {
      BOOST_TEST(came.error.value() == ECONNRESET);
      BOOST_TEST(came.calls == 1u);
      BOOST_TEST(came.bytes == 0u);
    }
    BOOST_TEST(seam.all == 4u);
  }
  far.close();
  faults seam;
  auto const ended = blocking::receive_all(near, into);
  BOOST_TEST(ended.error == errc::end_of_file);
  BOOST_TEST(ended.calls == 1u);
  BOOST_TEST(seam.all == 1u);
}

BOOST_AUTO_TEST_CASE(an_end_that_has_come_already_is_no_wait) {
  auto [near, far] = tcp_pair();
  BOOST_REQUIRE(::send(far.native_handle(), "ab", 2, 0) == 2);
  far.close();
  std::string into(4, '?');
  auto const received = blocking::receive_all(near, into);
  BOOST_TEST(received.error == errc::end_of_file);
  BOOST_TEST(received.bytes == 2u);
  BOOST_TEST(received.calls == 2u);
  BOOST_TEST(received.waits == 0u);
}

BOOST_AUTO_TEST_CASE(one_with_limits_sleeps_in_poll_for_as_long_as_they_allow) {
  scripted_time time;
  scripted_channel channel{
      [](std::size_t number, std::size_t asked) { return number == 0 ? would_block() : moves(asked); }};
  std::string const text = "hello";
  auto const sent = blocking::send_all(channel, text, {.timeout = 3s});
  BOOST_TEST(no_error(sent));
  BOOST_REQUIRE(time.sleeps.size() == 1u);
  BOOST_TEST(time.sleeps[0].at_most == 3s);
  BOOST_TEST(time.sleeps[0].on.fd == 7);
  BOOST_TEST(time.sleeps[0].on.events == POLLOUT);
  BOOST_TEST(sent.waits == 1u);
  BOOST_TEST(sent.waited == 3s);
}

BOOST_AUTO_TEST_CASE(a_stop_from_another_thread_ends_each_verb_and_the_connection_goes_on) {
  auto ends = tcp_pair(16 * 1024);  // clang 14 captures no structured bindings
  auto &near = ends.first, &far = ends.second;
  auto listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const data = pattern(4 << 20);
  std::string into(5, '?');
  auto const stopped = [](auto verb) {
    std::stop_source stop;
    auto const token = stop.get_token();
    std::thread stopper{[&] { stop.request_stop(); }};
    auto const ended_by = verb(limits{.timeout = 60s, .stop = token});
    stopper.join();
    return ended_by == errc::stopped;
  };
  BOOST_TEST(stopped([&](limits const& with) { return blocking::receive_some(near, into, with).error; }));
  BOOST_TEST(stopped([&](limits const& with) { return blocking::receive_all(near, into, with).error; }));
  BOOST_TEST(stopped([&](limits const& with) { return blocking::accept(listening, with).error(); }));
  std::size_t sent = 0;
  BOOST_TEST(stopped([&](limits const& with) {
    auto const result = blocking::send_all(near, data, with);
    sent = result.bytes;
    return result.error;
  }));
  reading_peer peer{far};
  BOOST_TEST(no_error(blocking::send_all(near, std::span{data}.subspan(sent))));
  near.close();
  BOOST_TEST(same(peer.seen(), data));
}

// The thread's eventfd has been woken by the first stop: it must not wake the second wait.
BOOST_AUTO_TEST_CASE(a_stop_does_not_linger_in_the_next_operation_of_its_thread) {
  auto [near, far] = local_pair();
  std::string into(1, '?');
  for (int i = 0; i != 3; ++i) {
    std::stop_source stop, unused;
    auto const token = stop.get_token(), never = unused.get_token();
    std::thread stopper{[&] { stop.request_stop(); }};
    BOOST_TEST(blocking::receive_all(near, into, {.timeout = 60s, .stop = token}).error == errc::stopped);
    stopper.join();
    faults seam;
    BOOST_TEST(blocking::receive_all(near, into, {.timeout = 5ms, .stop = never}).error == errc::timed_out);
    BOOST_TEST(seam.polls <= 2u);
  }
}

namespace {

// Says goodbye on its connection when its thread ends: after the library's own thread_local objects, which
// are younger.
struct goodbye {
  ~goodbye() {
    if (connection == nullptr) return;
    std::stop_source never;
    auto const token = never.get_token();
    std::string into(1, '?');
    for (int i = 0; i != 2; ++i)
      result = blocking::receive_all(*connection, into, {.timeout = 1ms, .stall_timeout = 1h, .stop = token});
    *told = result;
  }
  trivium::socket* connection = nullptr;
  transfer_result* told = nullptr;
  transfer_result result;
};
thread_local goodbye at_the_end;

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_thread_waits_for_at_its_end_leaves_no_descriptor) {
  auto [near, far] = local_pair();
  std::stop_source never;
  auto const token = never.get_token();
  auto const before = open_descriptors();
  for (int i = 0; i != 3; ++i) {
    transfer_result told;
    std::thread{[&, &connection = near] {
      at_the_end.connection = &connection;
      at_the_end.told = &told;
      std::string into(1, '?');
      static_cast<void>(blocking::receive_all(connection, into, {.timeout = 1ms, .stop = token}));
    }}.join();
    BOOST_TEST(told.error == errc::timed_out);
    BOOST_TEST(open_descriptors() == before);
  }
}

// Nor in that of a process that was forked from it, or the other way round: each has an eventfd of its own.
BOOST_AUTO_TEST_CASE(a_stop_in_a_forked_process_is_no_event_in_its_parent) {
  auto [near, far] = local_pair();
  std::string into(1, '?');
  std::stop_source unused;
  auto const never = unused.get_token();
  BOOST_TEST(blocking::receive_all(near, into, {.timeout = 1ms, .stop = never}).error == errc::timed_out);

  pid_t const child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    // As a daemon does: what it has inherited is closed, and the numbers go to what it opens itself.
    ::close_range(3, ~0U, 0);
    int own[8];
    for (int& each : own) each = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    std::stop_source stop;
    auto const token = stop.get_token();
    waker wakes{token};
    bool well = !wakes.arm() && stop.request_stop();
    for (int const each : own) well = well && ::fcntl(each, F_GETFD) >= 0;
    ::_exit(well ? 0 : 1);  // before it would take its event back
  }
  int ended = -1;
  BOOST_TEST(::waitpid(child, &ended, 0) == child);
  BOOST_TEST(ended == 0);

  faults seam;
  BOOST_TEST(blocking::receive_all(near, into, {.timeout = 5ms, .stop = never}).error == errc::timed_out);
  BOOST_TEST(seam.polls <= 2u);
}
