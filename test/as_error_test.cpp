// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/as_error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <joined.hpp>
#include <printing.hpp>
#include <string>
#include <trivium/async.hpp>
#include <tuple>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct with_coroutines : with_room {
  // Runs a coroutine to its end and lets its exception out.
  void run(auto coroutine) {
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr thrown) { failure = thrown; });
    io.run();
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_handler_gets_the_error_first_and_the_whole_result, with_coroutines) {
  bool told = false;
  far_sends("abc");
  async::receive_all(near, into, {.timeout = 5ms}, as_error([&](error_code error, transfer_result received) {
                       BOOST_TEST(error == errc::timed_out);
                       BOOST_TEST(received.error == error);
                       BOOST_TEST(received.bytes == 3u);
                       told = true;
                     }));
  BOOST_TEST(!told);
  io.run();
  BOOST_TEST(told);
}

BOOST_FIXTURE_TEST_CASE(a_future_throws_the_error, with_coroutines) {
  auto received = async::receive_all(near, into, {.timeout = 2ms}, as_error(asio::use_future));
  io.run();
  BOOST_CHECK_EXCEPTION(static_cast<void>(received.get()), boost::system::system_error,
                        [](auto const& thrown) { return thrown.code() == errc::timed_out; });
}

BOOST_FIXTURE_TEST_CASE(an_awaitable_throws_the_error_and_gives_the_result_without_one, with_coroutines) {
  run([this]() -> asio::awaitable<void> {
    std::string const text = "hello";
    transfer_result const sent = co_await async::send_all(near, text, as_error(asio::use_awaitable));
    BOOST_TEST(sent.bytes == 5u);
    bool thrown = false;
    try {
      auto const none =
          co_await async::receive_all(near, into, {.timeout = 2ms}, as_error(asio::use_awaitable));
      BOOST_ERROR("no exception, but " << none.bytes << " bytes");
    } catch (boost::system::system_error const& error) {
      thrown = error.code() == errc::timed_out;
    }
    BOOST_TEST(thrown);
  });
}

BOOST_FIXTURE_TEST_CASE(redirect_error_sees_the_failure, with_coroutines) {
  run([this]() -> asio::awaitable<void> {
    error_code error;
    auto const received = co_await async::receive_all(
        near, into, {.timeout = 2ms}, as_error(asio::redirect_error(asio::use_awaitable, error)));
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(received.error == errc::timed_out);
  });
}

BOOST_FIXTURE_TEST_CASE(as_tuple_has_both, with_coroutines) {
  run([this]() -> asio::awaitable<void> {
    auto const [error, received] = co_await async::receive_all(near, into, {.timeout = 2ms},
                                                               as_error(asio::as_tuple(asio::use_awaitable)));
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(received.error == errc::timed_out);
  });
}

BOOST_FIXTURE_TEST_CASE(a_connect_tells_the_error_first_already, with_coroutines) {
  run([this]() -> asio::awaitable<void> {
    auto const nobody = listen(endpoint::tcp("127.0.0.1", 0).value()).value().local_endpoint().value();
    auto const [error, none] =
        co_await async::connect(io.get_executor(), nobody, as_error(asio::as_tuple(asio::use_awaitable)));
    BOOST_TEST(error.value() == ECONNREFUSED);
    BOOST_TEST(!none.is_open());
  });
}

// `||` waits for the first that succeeds: one that only timed out must not be taken for it.
BOOST_FIXTURE_TEST_CASE(the_or_of_two_takes_the_one_that_succeeds, with_coroutines) {
  using namespace asio::experimental::awaitable_operators;
  run([this]() -> asio::awaitable<void> {
    auto [a, b] = tcp_pair();
    stream other{std::move(a), io.get_executor()};
    std::string into_other(5, '?');
    asio::steady_timer later{io, 30ms};
    later.async_wait([&, fd = b.native_handle()](error_code) { BOOST_TEST(::send(fd, "hello", 5, 0) == 5); });
    auto const first =
        co_await (async::receive_all(near, into, {.timeout = 2ms}, as_error(asio::use_awaitable)) ||
                  async::receive_all(other, into_other, as_error(asio::use_awaitable)));
    BOOST_TEST(first.index() == 1u);
    BOOST_TEST(into_other == "hello");
  });
}

// What `||` drops, a group hands over: how much the one moved that was not first.
BOOST_FIXTURE_TEST_CASE(a_group_keeps_the_count_of_the_one_that_another_ended, with_coroutines) {
  run([this]() -> asio::awaitable<void> {
    far_sends("abc");
    asio::steady_timer timer{io, 20ms};
    auto const [order, error, received, of_timer] =
        co_await asio::experimental::make_parallel_group(
            async::receive_all(near, into, as_error(asio::deferred)), timer.async_wait(asio::deferred))
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    BOOST_TEST(order[0] == 1U);
    BOOST_TEST(error == errc::stopped);
    BOOST_TEST(received.bytes == 3U);
    BOOST_TEST(into == "abc??");
    BOOST_TEST(!of_timer);
  });
}

BOOST_FIXTURE_TEST_CASE(the_handlers_executor_and_slot_are_still_the_operations, with_coroutines) {
  auto const strand = asio::make_strand(io);
  asio::cancellation_signal signal;
  bool on_strand = false;
  error_code told;
  async::receive_all(
      near, into,
      as_error(asio::bind_executor(
          strand, asio::bind_cancellation_slot(signal.slot(), [&](error_code error, transfer_result) {
            on_strand = strand.running_in_this_thread();
            told = error;
          }))));
  io.poll();
  asio::dispatch(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
  io.restart();
  io.run();
  BOOST_TEST(on_strand);
  BOOST_TEST(told == errc::stopped);
}

BOOST_FIXTURE_TEST_CASE(other_tokens_may_wrap_it_and_it_may_be_const, with_coroutines) {
  int told = 0;
  auto const counts = [&](error_code error, transfer_result const&) { told += !error; };
  asio::cancellation_signal signal;
  async::send_all(near, into, asio::bind_cancellation_slot(signal.slot(), as_error(counts)));
  io.run();
  async::send_all(near, into, asio::bind_allocator(std::allocator<char>{}, as_error(counts)));
  io.restart();
  io.run();
  auto const lazy = as_error(asio::deferred);
  async::send_all(near, into, lazy)(counts);
  io.restart();
  io.run();
  BOOST_TEST(told == 3);
}
