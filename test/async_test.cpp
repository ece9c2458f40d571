// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/async.hpp>

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <future>
#include <joined.hpp>
#include <memory>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <string>
#include <thread>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

// --- Tokens.

BOOST_AUTO_TEST_CASE(a_handler_is_told_once_and_never_inside_the_initiating_call) {
  joined ends;
  int told = 0;
  async::send_all(ends.near, hello, [&](transfer_result sent) {
    BOOST_TEST(no_error(sent));
    BOOST_TEST(sent.bytes == 5u);
    ++told;
  });
  BOOST_TEST(told == 0);
  ends.io.run();
  BOOST_TEST(told == 1);
}

// Nor from within the loop's own thread, where a dispatch would call it at once.
BOOST_AUTO_TEST_CASE(an_operation_begun_in_the_loop_completes_after_the_beginner_returned) {
  joined ends;
  bool returned = false, told_inside = false;
  asio::post(ends.io, [&] {
    async::send_all(ends.near, hello, [&](transfer_result) { told_inside = !returned; });
    returned = true;
  });
  ends.io.run();
  BOOST_TEST(returned);
  BOOST_TEST(!told_inside);
}

BOOST_AUTO_TEST_CASE(a_handler_may_be_move_only) {
  joined ends;
  std::size_t bytes = 0;
  async::send_all(ends.near, hello, [owned = std::make_unique<int>(3), &bytes](transfer_result sent) {
    bytes = sent.bytes + static_cast<std::size_t>(*owned);
  });
  ends.io.run();
  BOOST_TEST(bytes == 8u);
}

BOOST_AUTO_TEST_CASE(use_future_keeps_the_count_of_what_ended_with_an_error) {
  joined ends;
  ends.far_sends("abc");
  std::string into(10, '?');
  auto received = async::receive_all(ends.near, into, {.timeout = 5ms}, asio::use_future);
  ends.io.run();
  auto const result = received.get();
  BOOST_TEST(result.error == errc::timed_out);
  BOOST_TEST(result.bytes == 3u);
}

BOOST_AUTO_TEST_CASE(deferred_begins_only_when_it_is_called) {
  joined ends;
  auto operation = async::send_all(ends.near, hello, asio::deferred);
  ends.io.run();
  char byte;
  BOOST_TEST(::recv(ends.far.native_handle(), &byte, 1, MSG_DONTWAIT) == -1);
  std::size_t bytes = 0;
  std::move(operation)([&](transfer_result sent) { bytes = sent.bytes; });
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(bytes == 5u);
}

BOOST_AUTO_TEST_CASE(detached_asks_for_no_answer) {
  joined ends;
  async::send_all(ends.near, hello, asio::detached);
  ends.io.run();
  std::string back(5, '?');
  BOOST_TEST(::recv(ends.far.native_handle(), back.data(), 5, MSG_DONTWAIT) == 5);
}

BOOST_AUTO_TEST_CASE(a_coroutine_awaits_each_verb) {
  auto listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  asio::io_context io;
  bool done = false;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        auto const to = listening.local_endpoint().value();
        stream near{co_await async::connect(io.get_executor(), to, {.timeout = 10s}, asio::use_awaitable),
                    io.get_executor()};
        stream far{co_await async::accept(io.get_executor(), listening, asio::use_awaitable),
                   io.get_executor()};
        auto sent = co_await async::send_all(near, hello, {.timeout = 10s}, asio::use_awaitable);
        BOOST_TEST(sent.bytes == 5u);
        std::string into(5, '?');
        auto received = co_await async::receive_all(far, into, asio::use_awaitable);
        BOOST_TEST(received.bytes == 5u);
        BOOST_TEST(into == hello);
        sent = co_await async::send_some(far, hello, asio::use_awaitable);
        BOOST_TEST(sent.bytes == 5u);
        received = co_await async::receive_some(near, into, {.stall_timeout = 10s}, asio::use_awaitable);
        BOOST_TEST(received.bytes >= 1u);
        BOOST_TEST(no_error((co_await async::finish(near, asio::use_awaitable))));
        received = co_await async::receive_some(far, into, asio::use_awaitable);
        BOOST_TEST(received.error == errc::end_of_file);
        done = true;
      },
      [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
      });
  io.run();
  BOOST_TEST(done);
}

// g++ 12 destroys the members of an aggregate temporary in a co_await expression twice: a stop_token held by
// value would be freed while in use. (The address sanitizer sees it; so does the count of what is left.)
BOOST_AUTO_TEST_CASE(limits_temporary_in_co_await_is_destroyed_once) {
  joined ends;
  std::stop_source stop;
  auto const token = stop.get_token();
  int received_so_often = 0;
  asio::co_spawn(
      ends.io,
      [&]() -> asio::awaitable<void> {
        std::string into(5, '?');
        for (int i = 0; i != 10; ++i) {
          auto const nothing = co_await async::receive_all(
              ends.near, into, {.timeout = 1ms, .min_rate = {.bytes_per_second = 1}, .stop = token},
              asio::use_awaitable);
          BOOST_TEST(nothing.error == errc::timed_out);
          ends.far_sends(hello);
          auto const received = co_await async::receive_all(
              ends.near, into, {.timeout = 10s, .stall_timeout = 10s, .stop = token}, asio::use_awaitable);
          BOOST_TEST(no_error(received));
          ++received_so_often;
        }
      },
      [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
      });
  ends.io.run();
  BOOST_TEST(received_so_often == 10);
  BOOST_TEST(token.stop_possible());
  BOOST_TEST(stop.request_stop());
  BOOST_TEST(token.stop_requested());
}

// --- Executor, allocator.

BOOST_AUTO_TEST_CASE(it_completes_on_the_associated_executor) {
  asio::thread_pool elsewhere{1};
  auto [a, b] = tcp_pair();
  asio::io_context io;
  stream near{std::move(a), io.get_executor()};
  auto const strand = asio::make_strand(elsewhere.get_executor());
  bool on_strand = false;
  std::thread::id where;
  std::string into(5, '?');
  async::receive_all(near, into, asio::bind_executor(strand, [&](transfer_result) {
                       on_strand = strand.running_in_this_thread();
                       where = std::this_thread::get_id();
                     }));
  into_far{b}(hello);
  io.run();
  elsewhere.join();
  BOOST_TEST(on_strand);
  BOOST_TEST(where != std::this_thread::get_id());
  BOOST_TEST(into == hello);
}

// The executor of a stream may be a strand: then its handlers need none of their own.
BOOST_AUTO_TEST_CASE(a_stream_on_a_strand_is_run_by_it_whoever_runs_the_loop) {
  auto [near, far] = local_pair();
  asio::thread_pool threads{3};
  auto const strand = asio::make_strand(threads.get_executor());
  stream on{std::move(near), strand};
  std::string into(5, '?');
  std::atomic<int> told = 0, outside = 0;
  std::function<void()> next = [&] {
    async::send_all(on, hello, [&](transfer_result) {
      outside += !strand.running_in_this_thread();
      if (++told != 100) next();
    });
  };
  async::receive_all(on, into, [&](transfer_result) { outside += !strand.running_in_this_thread(); });
  asio::post(strand, next);
  BOOST_REQUIRE(::send(far.native_handle(), "hello", 5, 0) == 5);
  threads.join();
  BOOST_TEST(told == 100);
  BOOST_TEST(outside == 0);
  BOOST_TEST(into == "hello");
}

namespace {

struct heap {
  std::size_t first = 0, bytes = 0, live = 0;
};
template <class T>
struct counting_allocator {
  using value_type = T;
  heap* of;
  explicit counting_allocator(heap& which) noexcept : of{&which} {}
  template <class U>
  counting_allocator(counting_allocator<U> const& from) noexcept : of{from.of} {}
  T* allocate(std::size_t n) {
    ++of->live, of->bytes += n * sizeof(T);
    if (of->first == 0) of->first = of->bytes;
    return std::allocator<T>{}.allocate(n);
  }
  void deallocate(T* memory, std::size_t n) {
    --of->live;
    std::allocator<T>{}.deallocate(memory, n);
  }
  bool operator==(counting_allocator const& other) const noexcept { return of == other.of; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(its_memory_is_the_associated_allocators_and_freed_before_the_handler) {
  joined ends;
  heap used;
  std::size_t live_in_handler = 9;
  std::string into(5, '?');
  std::stop_source stop;
  auto const token = stop.get_token();
  async::receive_all(ends.near, into, {.timeout = 60s, .stall_timeout = 60s, .stop = token},
                     asio::bind_allocator(counting_allocator<void>{used},
                                          [&](transfer_result) { live_in_handler = used.live; }));
  BOOST_TEST(used.live >= 1u);
  ends.far_sends(hello);
  ends.io.run();
  BOOST_TEST(live_in_handler == 0u);
  BOOST_TEST(used.live == 0u);
}

// What a server pays for each of its idle connections. (Asio recycles blocks of up to 1020 bytes.)
BOOST_AUTO_TEST_CASE(the_state_of_a_pending_operation_takes_512_bytes_at_most) {
  auto const state = [](limits const& within) {
    heap used;  // the pending operation is freed with the context
    joined ends;
    std::string into(5, '?');
    std::array<std::byte, 32 - sizeof(void*)> const owned{};  // the allocator takes a pointer's room too
    auto const told = [owned](transfer_result) { static_cast<void>(owned); };
    static_assert(sizeof(asio::bind_allocator(counting_allocator<void>{used}, told)) == 32);
    async::receive_all(ends.near, into, within, asio::bind_allocator(counting_allocator<void>{used}, told));
    BOOST_TEST_MESSAGE("state " << used.first << " B, with what Asio needs to wait " << used.bytes << " B");
    return used.first;
  };
  std::stop_source stop;
  auto const token = stop.get_token();
  BOOST_TEST(state({}) <= 512u);
  BOOST_TEST(state({.timeout = 60s, .stall_timeout = 60s, .stop = token}) <= 1020u);
}

// --- The loop, its end, its threads.

BOOST_AUTO_TEST_CASE(a_transfer_gives_the_loop_back_after_its_budget) {
  auto [a, b] = local_pair();
  asio::io_context io;
  stream near{std::move(a), io.get_executor()};
  std::thread drains{[fd = b.native_handle()] {
    static char part[1 << 20];
    while (::recv(fd, part, sizeof part, 0) > 0) {
    }
  }};
  std::vector<std::byte> const data(8 * async::budget);
  bool ended = false;
  std::uint64_t turns_of_others = 0;
  std::function<void()> others = [&] {
    if (ended) return;
    ++turns_of_others;
    asio::post(io, others);
  };
  asio::post(io, others);
  async::send_all(near, data, [&](transfer_result sent) {
    BOOST_TEST(no_error(sent));
    ended = true;
  });
  io.run();
  near.close();
  drains.join();
  BOOST_TEST(turns_of_others >= 7u);
}

BOOST_AUTO_TEST_CASE(a_context_that_is_destroyed_destroys_the_handlers_uncalled) {
  auto watched = std::make_shared<int>(0);
  auto listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  std::stop_source stop;
  auto const token = stop.get_token();
  std::string into(5, '?');
  auto const data = pattern(8 << 20);
  auto [a, b] = tcp_pair(16 * 1024);
  {
    asio::io_context io;
    stream near{std::move(a), io.get_executor()};
    limits const all{.timeout = 1h, .stall_timeout = 1h, .stop = token};
    async::receive_all(near, into, all, [watched](transfer_result) { ++*watched; });
    async::send_all(near, data, all, [watched](transfer_result) { ++*watched; });
    async::accept(io.get_executor(), listening, all, [watched](error_code, trivium::socket) { ++*watched; });
    io.poll();
    BOOST_TEST(watched.use_count() == 4);
  }
  BOOST_TEST(watched.use_count() == 1);
  BOOST_TEST(*watched == 0);
  stop.request_stop();  // nobody is left to hear it
}

// Timers, readiness and stops arrive at once in any of the context's threads; there is no strand. (For the
// thread sanitizer as well.)
BOOST_AUTO_TEST_CASE(timeouts_race_with_readiness_in_a_context_of_several_threads) {
  constexpr int connections = 8, rounds = 60;
  asio::io_context io;
  std::vector<stream> nears;
  std::vector<trivium::socket> fars;
  for (int i = 0; i != connections; ++i) {
    auto [a, b] = tcp_pair();
    nears.emplace_back(std::move(a), io.get_executor());
    fars.push_back(std::move(b));
  }
  struct receiver {
    stream* near;
    trivium::socket* far;
    std::string into = std::string(64, '?');
    int left = rounds;
    std::size_t bytes = 0;
    bool as_said = true;

    void go() {
      async::receive_some(*near, into, {.timeout = std::chrono::microseconds{300 + 40 * (left % 10)}},
                          [this](transfer_result result) {
                            bytes += result.bytes;
                            as_said = as_said && (!result.error || result.error == errc::timed_out);
                            if (--left != 0) go();
                          });
    }
  };
  std::vector<receiver> receivers;
  for (std::size_t i = 0; i != connections; ++i) receivers.push_back({&nears[i], &fars[i]});
  for (auto& each : receivers) each.go();
  std::atomic<bool> over{false};
  std::uint64_t sent = 0;
  std::thread peer{[&] {
    while (!over)
      for (auto& far : fars) sent += ::send(far.native_handle(), "x", 1, MSG_DONTWAIT) == 1;
  }};
  std::vector<std::thread> threads;
  for (int i = 0; i != 3; ++i) threads.emplace_back([&] { io.run(); });
  for (auto& each : threads) each.join();
  over = true;
  peer.join();

  std::uint64_t arrived = 0;
  for (auto& each : receivers) {
    BOOST_TEST(each.left == 0);
    BOOST_TEST(each.as_said);
    arrived += each.bytes;
    std::array<char, 1 << 16> rest;
    for (ssize_t n; (n = ::recv(each.near->native_handle(), rest.data(), rest.size(), MSG_DONTWAIT)) > 0;)
      arrived += static_cast<std::uint64_t>(n);
  }
  BOOST_TEST(arrived == sent);
}

// Nothing but the peer can end these: another thread may tell one while the one that started it is still
// beginning it. (For the thread sanitizer as well.)
BOOST_AUTO_TEST_CASE(operations_without_limits_are_told_by_any_thread_of_the_context) {
  constexpr int connections = 4, rounds = 300;
  asio::io_context io;
  struct end {
    explicit end(stream given) : on{std::move(given)} {}

    stream on;
    std::string text = std::string(64, '?');
    int left = rounds;
    bool well = true;

    void asks() {
      async::send_all(on, text, [this](transfer_result sent) {
        well = well && !sent.error;
        async::receive_all(on, text, [this](transfer_result received) {
          well = well && received.bytes == text.size();
          if (--left != 0) asks();
        });
      });
    }
    void answers() {
      async::receive_all(on, text, [this](transfer_result received) {
        well = well && received.bytes == text.size();
        async::send_all(on, text, [this](transfer_result sent) {
          well = well && !sent.error;
          if (--left != 0) answers();
        });
      });
    }
  };
  std::vector<std::unique_ptr<end>> ends;
  for (int i = 0; i != connections; ++i) {
    auto [a, b] = tcp_pair();
    ends.push_back(std::make_unique<end>(stream{std::move(a), io.get_executor()}));
    ends.push_back(std::make_unique<end>(stream{std::move(b), io.get_executor()}));
    ends[ends.size() - 2]->asks();
    ends.back()->answers();
  }
  std::vector<std::thread> threads;
  for (int i = 0; i != 3; ++i) threads.emplace_back([&] { io.run(); });
  for (auto& each : threads) each.join();
  for (auto const& each : ends) {
    BOOST_TEST(each->left == 0);
    BOOST_TEST(each->well);
  }
}

BOOST_AUTO_TEST_CASE(a_zero_timeout_completes_with_would_block_and_not_inside_the_call) {
  joined ends;
  std::optional<transfer_result> told;
  std::string into(5, '?');
  async::receive_all(ends.near, into, {.timeout = 0s}, [&](transfer_result result) { told = result; });
  BOOST_TEST(!told);
  ends.io.run();
  BOOST_TEST(told.value().error == errc::would_block);
}

BOOST_AUTO_TEST_CASE(a_name_is_connected_to_with_the_executor_to_wait_on) {
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  asio::io_context io;
  bool connected = false;
  async::connect(io.get_executor(), "127.0.0.1", std::to_string(listening.local_endpoint()->port()),
                 {.timeout = 10s},
                 [&](error_code error, trivium::socket is) { connected = !error && is.is_open(); });
  io.run();
  BOOST_TEST(connected);
}

BOOST_AUTO_TEST_CASE(an_asio_acceptor_accepts_on_its_own_executor) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  bool accepted = false;
  async::accept(acceptor,
                [&](error_code error, trivium::socket near) { accepted = !error && near.is_open(); });
  io.poll();
  auto const far = blocking::connect(acceptor.local_endpoint());
  io.restart();
  io.run();
  BOOST_TEST(accepted);
}

// While the operation is in the pool's hands, nothing but the operation itself keeps the loop from running
// out.
BOOST_AUTO_TEST_CASE(a_loop_does_not_run_out_while_another_executor_has_the_operation) {
  joined ends{16 * 1024};
  asio::thread_pool elsewhere{1};
  auto const data = pattern(std::size_t{4} << 20);
  reading_peer peer{ends.far};
  std::promise<transfer_result> told;
  async::send_all(ends.near, data, asio::bind_executor(elsewhere.get_executor(), [&](transfer_result result) {
                    told.set_value(result);
                  }));
  ends.io.run();  // returns when the operation has ended, not before
  BOOST_TEST(no_error(told.get_future().get()));
  ends.near.close();
  BOOST_TEST(peer.seen().size() == data.size());
}
