// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The one asynchronous operation, with a place whose events the test makes.

#include <trivium/detail/async/operation_state.hpp>

#include <sys/ioctl.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <joined.hpp>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <scripted_time.hpp>
#include <string>
#include <thread>
#include <trivium/async.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::cancellation_type;

namespace {

struct receiving : with_room {
  receiving() : with_room{local_pair()} {}
  std::optional<transfer_result> told;

  auto tells() {
    return [this](transfer_result result) { told = result; };
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_transfer_of_some_heeds_every_cancellation) {
  auto [near, far] = local_pair();
  std::string text = "abc";
  transfer const some{near, sending_some(text)};
  for (auto const type : {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total})
    BOOST_TEST(detail::completion<transfer<memory_source>>::heeds(type, some));
  BOOST_TEST(!detail::completion<transfer<memory_source>>::heeds(cancellation_type::none, some));
}

BOOST_AUTO_TEST_CASE(a_transfer_of_all_heeds_total_until_something_has_moved) {
  auto [near, far] = local_pair();
  std::string text = "abc", into(2, '?');
  transfer sends{near, sending(text)};
  BOOST_TEST(detail::completion<transfer<memory_source>>::heeds(cancellation_type::total, sends));
  BOOST_TEST(sends.advance(1) == progress::yielded);
  BOOST_TEST(!detail::completion<transfer<memory_source>>::heeds(cancellation_type::total, sends));
  BOOST_TEST(detail::completion<transfer<memory_source>>::heeds(cancellation_type::partial, sends));
  BOOST_TEST(detail::completion<transfer<memory_source>>::heeds(cancellation_type::terminal, sends));
  BOOST_TEST(detail::completion<transfer<memory_source>>::heeds(
      cancellation_type::total | cancellation_type::partial, sends));
}

// Our end is shut by its first step: that is not undone.
BOOST_AUTO_TEST_CASE(finish_heeds_no_total) {
  auto [near, far] = local_pair();
  finishing const ends{near};
  BOOST_TEST(!detail::completion<finishing>::heeds(cancellation_type::total, ends));
  BOOST_TEST(detail::completion<finishing>::heeds(cancellation_type::terminal, ends));
}

BOOST_AUTO_TEST_CASE(transfers_tell_a_result_and_connects_an_error_and_a_socket) {
  static_assert(
      std::is_same_v<detail::completion<transfer<memory_source>>::signature, void(transfer_result)>);
  static_assert(std::is_same_v<detail::completion<finishing>::signature, void(transfer_result)>);
  static_assert(std::is_same_v<detail::completion<connecting>::signature, void(error_code, trivium::socket)>);
  static_assert(std::is_same_v<detail::completion<accepting>::signature, void(error_code, trivium::socket)>);
  trivium::socket closed;
  accepting fails{closed};
  BOOST_TEST(fails.advance() == progress::done);
  auto const [error, socket] = detail::completion<accepting>::arguments(fails);
  BOOST_TEST(error.value() == EBADF);
  BOOST_TEST(!socket.is_open());
}

// At less an iteration of the loop would be felt, and at more a timer.
BOOST_AUTO_TEST_CASE(the_budget_is_one_mebibyte) {
  static_assert(async::budget == loop_budget);
  BOOST_TEST(async::budget == std::size_t{1} << 20);
}

// Waits are counted, and how long they were. Our clock stands still until it waits, so the length is exact
// however long the machine takes.
BOOST_FIXTURE_TEST_CASE(the_result_tells_how_often_and_how_long_it_waited, receiving) {
  scripted_time time;
  time.now = clock::now();
  async::receive_all(near, into, {.timeout = 20ms}, tells());
  io.poll();
  time.now += 20ms;
  io.run();
  BOOST_TEST(told.value().error == errc::timed_out);
  BOOST_TEST(told->waits == 1u);
  BOOST_TEST(told->waited == 20ms);
}

// A timer that was set for an earlier limit is no reason to end. The timers run by the kernel's clock, the
// limits by ours.
BOOST_FIXTURE_TEST_CASE(progress_puts_a_stall_off, receiving) {
  auto const taken = [fd = near.native_handle()] {
    int unread = 0;
    return ::ioctl(fd, FIONREAD, &unread) == 0 && unread == 0;
  };
  scripted_time time;
  time.now = clock::now();
  async::receive_all(near, into, {.stall_timeout = 20ms}, tells());
  for (int i = 0; i != 5; ++i) {
    far_sends("x");
    while (!told && !taken()) io.run_one();
    for (int early = 0; !told && early != 3; ++early) io.run_one();  // by timers alone
    time.now += 15ms;
  }
  io.run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(told->bytes == 5u);
}

BOOST_FIXTURE_TEST_CASE(a_stall_ends_an_operation_that_nobody_feeds, receiving) {
  auto const began = now();
  async::receive_all(near, into, {.stall_timeout = 20ms}, tells());
  io.run();
  BOOST_TEST(told.value().error == errc::stalled);
  BOOST_TEST((now() - began) >= 20ms);
}

// A loop in another thread may bring all that is waited for before the initiating call has returned.
BOOST_AUTO_TEST_CASE(a_handler_is_called_by_the_loops_thread_alone) {
  auto [a, b] = local_pair();
  asio::io_context io;
  stream near{std::move(a), io.get_executor()};
  auto work = asio::make_work_guard(io);
  std::thread loop{[&] { io.run(); }};
  auto const here = std::this_thread::get_id();
  constexpr int rounds = 2000;
  std::atomic<int> told{0}, here_told{0};
  auto const tells = [&](transfer_result const&) {
    here_told += std::this_thread::get_id() == here;
    ++told;
    told.notify_one();
  };
  std::string into(1, '?');
  for (int i = 0; i != rounds; ++i) {
    async::send_some(near, into, tells);
    told.wait(2 * i);
    char byte;
    BOOST_REQUIRE(::recv(b.native_handle(), &byte, 1, 0) == 1);
    BOOST_REQUIRE(::send(b.native_handle(), &byte, 1, 0) == 1);
    async::receive_some(near, into, tells);
    told.wait(2 * i + 1);
  }
  work.reset();
  loop.join();
  BOOST_TEST(told == 2 * rounds);
  BOOST_TEST(here_told == 0);
}

// As locals go: the stream, then the thread that asks it to stop, then the context. (On the heap for
// AddressSanitizer to see.)
BOOST_AUTO_TEST_CASE(a_stop_after_the_stream_is_gone_finds_its_context) {
  auto [a, b] = local_pair();
  std::string into(5, '?');
  bool told = false;
  {
    asio::io_context io;
    std::stop_source stop;
    auto const token = stop.get_token();
    auto near = std::make_unique<stream>(std::move(a), io.get_executor());
    async::receive_all(*near, into, {.stop = token}, [&](transfer_result const&) { told = true; });
    io.poll();
    near.reset();
    stop.request_stop();
  }
  BOOST_TEST(!told);
}
