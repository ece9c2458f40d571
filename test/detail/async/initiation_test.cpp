// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the first call leaves is an operation's: whatever that call is answered, the result is the same as if
// an operation had made it.

#include <trivium/detail/async/initiation.hpp>

#include <atomic>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <joined.hpp>
#include <memory>
#include <new>
#include <optional>
#include <printing.hpp>
#include <string>
#include <trivium/async.hpp>
#include <utility>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct told {
  std::optional<transfer_result> result;
  auto handler() {
    return [this](transfer_result came) { result = came; };
  }
};

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

template <class T>
struct no_memory {
  using value_type = T;
  no_memory() = default;
  template <class U>
  no_memory(no_memory<U> const&) noexcept {}
  T* allocate(std::size_t) { throw std::bad_alloc{}; }
  void deallocate(T*, std::size_t) noexcept {}
  bool operator==(no_memory const&) const noexcept { return true; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_one_call_does_asks_the_kernel_for_nothing_else) {
  joined ends;
  faults seam;
  told send, receive;
  async::send_all(ends.near, hello, send.handler());
  BOOST_TEST(!send.result);
  ends.io.run();
  BOOST_TEST(no_error(send.result.value()));
  BOOST_TEST(send.result->bytes == 5u);
  BOOST_TEST(send.result->calls == 1u);
  BOOST_TEST(send.result->waits == 0u);

  ends.far_sends(hello);
  std::string into(5, '?');
  async::receive_all(ends.near, into, receive.handler());
  BOOST_TEST(!receive.result);
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(receive.result.value().bytes == 5u);
  BOOST_TEST(into == hello);
  BOOST_TEST(seam.all == 2u);
}

BOOST_AUTO_TEST_CASE(whatever_the_first_call_is_answered_the_count_is_exact) {
  struct {
    fault first;
    error_code error;
    std::size_t bytes;
    std::uint64_t calls, would_blocks, waits;
  } const cases[] = {{{}, {}, 5, 1, 0, 0},
                     {{.at_most = 3}, {}, 5, 2, 0, 1},
                     {{.error = EAGAIN}, {}, 5, 2, 1, 1},
                     {{.error = EINTR}, {}, 5, 2, 0, 0},
                     {{.error = ECONNRESET}, kernels(ECONNRESET), 0, 1, 0, 0}};
  for (auto const& each : cases) {
    auto const is_as_said = [&](transfer_result const& came) {
      BOOST_TEST(came.error == each.error);
      BOOST_TEST(came.bytes == each.bytes);
      BOOST_TEST(came.calls == each.calls);
      BOOST_TEST(came.would_blocks == each.would_blocks);
      BOOST_TEST(came.waits == each.waits);
    };
    BOOST_TEST_CONTEXT("first answer: errno " << each.first.error) {
      joined ends;
      ends.far_sends(hello);
      faults seam{[&](moving_call const& call) { return call.number == 0 ? each.first : fault{}; }};
      told send, receive;
      std::string into(5, '?');
      async::send_all(ends.near, hello, send.handler());
      async::receive_all(ends.near, into, receive.handler());
      ends.io.run();
      is_as_said(send.result.value());
      is_as_said(receive.result.value());
      BOOST_TEST(seam.moving_calls() == 2 * each.calls);
      if (!each.error) BOOST_TEST(into == hello);
    }
  }
}

// A cancellation slot hears of an operation only while there is one.
BOOST_AUTO_TEST_CASE(with_a_cancellation_slot_the_first_call_is_as_good) {
  for (std::size_t const first : {5u, 3u}) {
    joined ends;
    asio::cancellation_signal cancel;
    faults seam{[&](moving_call const& call) {
      return call.number == 0 ? fault{.at_most = first} : fault{.error = EAGAIN};
    }};
    told send;
    async::send_all(ends.near, hello, asio::bind_cancellation_slot(cancel.slot(), send.handler()));
    cancel.emit(asio::cancellation_type::terminal);
    ends.io.run();
    BOOST_TEST(send.result.value().bytes == first);
    BOOST_TEST(send.result->error == (first == 5 ? error_code{} : error_code{errc::stopped}));
    cancel.emit(asio::cancellation_type::terminal);  // it is over
  }
}

BOOST_AUTO_TEST_CASE(some_ends_with_what_the_first_call_moved) {
  joined ends;
  faults seam{[](moving_call const&) { return fault{.at_most = 3}; }};
  told send;
  async::send_some(ends.near, hello, send.handler());
  ends.io.run();
  BOOST_TEST(send.result.value().bytes == 3u);
  BOOST_TEST(send.result->calls == 1u);
}

BOOST_AUTO_TEST_CASE(an_empty_buffer_and_a_closed_connection_are_told_as_ever) {
  joined ends;
  faults seam;
  std::string nothing;
  told empty, closed;
  async::send_all(ends.near, nothing, empty.handler());
  ends.io.run();
  BOOST_TEST(no_error(empty.result.value()));
  BOOST_TEST(empty.result->calls == 0u);
  BOOST_TEST(seam.all == 0u);

  ends.near.close();
  async::send_all(ends.near, hello, closed.handler());
  BOOST_TEST(!closed.result);
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(closed.result.value().error == kernels(EBADF));
}

BOOST_AUTO_TEST_CASE(without_memory_nothing_has_moved) {
  joined ends;
  auto const send = [&] {
    async::send_all(ends.near, hello, asio::bind_allocator(no_memory<void>{}, [](transfer_result) {}));
  };
  BOOST_CHECK_THROW(send(), std::bad_alloc);
  char byte;
  BOOST_TEST(::recv(ends.far.native_handle(), &byte, 1, MSG_DONTWAIT) == -1);
}

BOOST_AUTO_TEST_CASE(a_context_that_is_destroyed_destroys_the_handler_uncalled) {
  auto watched = std::make_shared<int>(0);
  {
    joined ends;
    async::send_all(ends.near, hello, [watched](transfer_result) { ++*watched; });
    BOOST_TEST(watched.use_count() == 2);
  }
  BOOST_TEST(watched.use_count() == 1);
  BOOST_TEST(*watched == 0);
}

// The handler's own executor tells it, and the loop of the connection does not run out of work before.
BOOST_AUTO_TEST_CASE(a_handler_of_another_executor_is_waited_for_by_the_loop) {
  for (int i = 0; i != 100; ++i) {
    joined ends;
    asio::thread_pool elsewhere{1};
    std::atomic<bool> is_told{false};
    async::send_all(ends.near, hello,
                    asio::bind_executor(elsewhere.get_executor(), [&](transfer_result) { is_told = true; }));
    ends.io.run();
    BOOST_TEST(is_told);
  }
}

// Kept until the token begins the operation, which may be when the call's own stop token is gone.
BOOST_AUTO_TEST_CASE(limits_outlive_the_call_that_gave_them) {
  joined ends;
  std::stop_source stop;
  std::string into(5, '?');
  auto begin = [&] {
    auto const token = stop.get_token();
    return async::receive_all(ends.near, into, {.timeout = 60s, .stop = token}, asio::deferred);
  }();
  told receive;
  std::move(begin)(receive.handler());
  ends.io.poll();
  stop.request_stop();
  ends.io.run();
  BOOST_TEST(receive.result.value().error == errc::stopped);
}

BOOST_AUTO_TEST_CASE(a_stream_that_found_nothing_begins_with_the_wait) {
  joined ends;
  std::string into(5, '?');
  auto const receive = [&] {
    told came;
    async::receive_all(ends.near, into, came.handler());
    ends.far_sends(hello);
    ends.io.restart();
    ends.io.run();
    return came.result.value();
  };
  BOOST_TEST(receive().calls == 2u);
  auto const next = receive();
  BOOST_TEST(next.calls == 1u);
  BOOST_TEST(next.waits == 1u);
  BOOST_TEST(next.would_blocks == 0u);
}
