// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/interest_service.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>
#include <counts.hpp>
#include <future>
#include <memory>
#include <optional>
#include <printing.hpp>
#include <system.hpp>
#include <thread>
#include <transports.hpp>
#include <trivium/async.hpp>
#include <trivium/trampoline.hpp>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

class sets_used {
 public:
  explicit sets_used(detail::use_of_sets how) : before_{detail::sets_are_used.exchange(how)} {}
  ~sets_used() { detail::sets_are_used = before_; }

 private:
  detail::use_of_sets const before_;
};

// Of the library, the clock standing still: no budget of time is used up.
struct frozen_and_counted {
  frozen_and_counted() {
    at = kernel.now();
    table.now = [] { return at; };
    table.send = [](int to, void const* bytes, std::size_t size, int flags) {
      ++moving;
      return kernel.send(to, bytes, size, flags);
    };
    table.recv = [](int from, void* bytes, std::size_t size, int flags) {
      ++moving;
      return kernel.recv(from, bytes, size, flags);
    };
    moving = 0;
    in_force.emplace(table);
  }
  static inline time_point at;
  static inline std::uint64_t moving;
  system_table table = kernel;
  std::optional<replaced_system> in_force;
};

enum class asks_for { more_than_comes, what_comes };

// A connection on which what arrives is sent back.
struct echo {
  echo(asio::io_context& io, trivium::socket near, trivium::socket with, asks_for much)
      : size{much == asks_for::what_comes ? 64u : sizeof memory},
        peer{std::move(near), io.get_executor()},
        far{std::move(with)} {
    receive();
  }
  void receive() {
    async::receive_some(peer, asio::buffer(memory, size), [this](transfer_result got) {
      if (got.error) return;
      async::send_all(peer, asio::buffer(memory, got.bytes), [this](transfer_result sent) {
        if (sent.error) return;
        receive();
        if (answers > 0 && far_has_received()) {
          --answers;
          far_sends();
        }
      });
    });
  }
  void far_sends() {
    std::array<char, 64> const message{};
    BOOST_REQUIRE(::send(far.native_handle(), message.data(), message.size(), 0) == 64);
  }
  bool far_has_received() {
    std::array<char, 128> into;
    return ::recv(far.native_handle(), into.data(), into.size(), MSG_DONTWAIT) == 64;
  }

  int answers = 0;  // messages that the far end sends at once when it has received the one before
  std::array<char, 4096> memory;
  std::size_t size;
  stream peer;
  trivium::socket far;
};

struct served {
  explicit served(std::size_t connections, asks_for much = asks_for::more_than_comes) {
    for (std::size_t i = 0; i != connections; ++i) {
      auto [near, far] = tcp_pair();
      all.push_back(std::make_unique<echo>(io, std::move(near), std::move(far), much));
    }
    io.poll();
  }

  // All connections have a message each when the loop looks. Returns the system calls that this made.
  std::uint64_t iterate() {
    for (auto& each : all) each->far_sends();
    frozen_and_counted const calls;
    auto const before = counted();
    std::size_t answered = 0;
    for (int turns = 0; turns < 1000 && answered != all.size(); ++turns) {
      io.run_one();
      for (auto& each : all) answered += each->far_has_received() ? 1u : 0u;
    }
    auto const after = counted();
    BOOST_REQUIRE(answered == all.size());
    controls = after.epoll_ctls - before.epoll_ctls;
    return frozen_and_counted::moving + after.epoll_waits - before.epoll_waits + controls;
  }

  asio::io_context io;
  async::trampoline const here{io};
  std::vector<std::unique_ptr<echo>> all;
  std::uint64_t controls = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_iteration_with_k_ready_connections_makes_three_calls_besides_theirs) {
  for (std::size_t const k : {8u, 16u, 200u}) {
    served with{k};
    for (int warming = 0; warming < 100; ++warming) with.iterate();
    for (int times = 0; times < 10; ++times) {
      BOOST_TEST(with.iterate() <= k + k + 3);
      BOOST_TEST(with.controls <= 1u);
    }
  }
}

// A receive that gets all it has asked for does not show that there is no more; the next one's attempt does.
BOOST_AUTO_TEST_CASE(one_that_asks_for_no_more_than_comes_makes_an_attempt_for_each_and_no_epoll_ctl) {
  for (std::size_t const k : {8u, 200u}) {
    served with{k, asks_for::what_comes};
    for (int warming = 0; warming < 100; ++warming) with.iterate();
    for (int times = 0; times < 10; ++times) {
      BOOST_TEST(with.iterate() <= k + k + k + 3);
      BOOST_TEST(with.controls <= 1u);
    }
  }
}

// There it is not known whether there is more. While the handlers of the others run, the peer has time to
// answer.
BOOST_AUTO_TEST_CASE(where_others_are_ready_an_attempt_is_made_behind_them_and_finds_the_answer) {
  constexpr int messages = 20;
  for (std::size_t const k : {2u, 8u, 200u}) {
    served with{std::max<std::size_t>(k, 8), asks_for::what_comes};
    for (int warming = 0; warming < 100; ++warming) with.iterate();
    for (std::size_t i = 0; i != k; ++i) {
      with.all[i]->answers = messages - 1;
      with.all[i]->far_sends();
    }
    frozen_and_counted const calls;
    while (with.io.poll() != 0) {
    }
    for (std::size_t i = 0; i != k; ++i) BOOST_REQUIRE(with.all[i]->far_has_received());
    // One that finds nothing at the end, and one more of the last that is left alone.
    BOOST_TEST(frozen_and_counted::moving <= k * messages * 2 + k + messages);
  }
}

BOOST_AUTO_TEST_CASE(a_message_of_a_single_connection_costs_what_it_did_without_a_set) {
  served with{1};
  std::uint64_t calls = 0;
  for (int times = 0; times < 1000; ++times) calls += with.iterate();
  BOOST_TEST(static_cast<double>(calls) / 1000 <= 4.13);
}

BOOST_AUTO_TEST_CASE(one_busy_connection_among_idle_ones_is_waited_for_in_the_reactor) {
  served with{32};
  auto idle = std::move(with.all);
  with.all.clear();
  with.all.push_back(std::move(idle.back()));
  idle.pop_back();
  for (int warming = 0; warming < 2000; ++warming) with.iterate();
  std::uint64_t calls = 0;
  for (int times = 0; times < 1000; ++times) calls += with.iterate();
  BOOST_TEST(static_cast<double>(calls) / 1000 <= 4.2);
}

BOOST_AUTO_TEST_CASE(a_loop_of_several_threads_distributes_the_waits) {
  served with{64};
  auto const work = asio::make_work_guard(with.io);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { with.io.run(); });
  std::size_t answered = 0;
  for (int times = 0; times < 200; ++times)
    for (auto& each : with.all) {
      each->far_sends();
      std::array<char, 64> into;
      if (::recv(each->far.native_handle(), into.data(), into.size(), MSG_WAITALL) == 64) ++answered;
    }
  BOOST_TEST(answered == 200u * 64);
  with.io.stop();
}

// --- What Asio promises of a loop holds for the set too.

namespace {

struct several_connections {
  explicit several_connections(std::size_t connections = 8) {
    for (std::size_t i = 0; i != connections; ++i) {
      auto [near, far] = tcp_pair();
      nears.emplace_back(std::move(near), io.get_executor());
      fars.push_back(std::move(far));
    }
    memory.resize(connections);
  }
  void receive(std::size_t i, auto handler) {
    async::receive_some(nears[i], asio::buffer(memory[i]), std::move(handler));
  }
  void all_send() {
    for (auto& each : fars) BOOST_REQUIRE(::send(each.native_handle(), "x", 1, 0) == 1);
  }

  sets_used const always{detail::use_of_sets::always};
  asio::io_context io;
  std::vector<stream> nears;
  std::vector<trivium::socket> fars;
  std::vector<std::array<char, 16>> memory;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_loop_ends_when_nothing_waits_any_more, several_connections) {
  int received = 0, stopped = 0;
  for (std::size_t i = 0; i != nears.size(); ++i)
    receive(i, [&](transfer_result got) { ++(got.error == errc::stopped ? stopped : received); });
  io.poll();
  all_send();
  for (std::size_t i = 0; i != nears.size(); i += 2) nears[i].cancel();
  io.run();
  BOOST_TEST(received + stopped == static_cast<int>(nears.size()));
  BOOST_TEST(stopped > 0);
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_leaves_run_and_the_others_are_invoked_by_the_next,
                        several_connections) {
  int invoked = 0;
  for (std::size_t i = 0; i != nears.size(); ++i)
    receive(i, [&](transfer_result) {
      if (++invoked == 3) throw invoked;
    });
  io.poll();
  all_send();
  BOOST_CHECK_EXCEPTION(io.run(), int, [](int at) { return at == 3; });
  BOOST_TEST(invoked == 3);
  io.run();
  BOOST_TEST(invoked == static_cast<int>(nears.size()));
}

BOOST_FIXTURE_TEST_CASE(a_stop_of_the_loop_lets_only_the_current_handler_end, several_connections) {
  int invoked = 0;
  for (std::size_t i = 0; i != nears.size(); ++i)
    receive(i, [&](transfer_result) {
      if (++invoked == 2) io.stop();
    });
  io.poll();
  all_send();
  io.run();
  BOOST_TEST(invoked == 2);
  io.restart();
  io.run();
  BOOST_TEST(invoked == static_cast<int>(nears.size()));
}

// Each handler takes longer than the budget.
BOOST_AUTO_TEST_CASE(other_work_of_the_loop_has_its_turn_between_handlers) {
  several_connections with{32};
  auto& io = with.io;
  auto& nears = with.nears;
  int invoked = 0, before_others = -1;
  auto table = kernel;
  static time_point at;
  at = kernel.now();
  table.now = [] { return at; };
  replaced_system const by_hand{table};
  for (std::size_t i = 0; i != nears.size(); ++i)
    with.receive(i, [&](transfer_result) {
      if (++invoked == 1) asio::post(io, [&] { before_others = invoked; });
      at += 2 * detail::interest_service::budget;
    });
  io.poll();
  with.all_send();
  io.run();
  BOOST_TEST(invoked == static_cast<int>(nears.size()));
  BOOST_TEST(before_others >= 1);
  BOOST_TEST(before_others <= 8);
}

BOOST_FIXTURE_TEST_CASE(a_context_that_is_destroyed_drops_what_waits, several_connections) {
  auto const alive = std::make_shared<int>(0);
  for (int pass = 0; pass < 2; ++pass) {
    asio::io_context other;
    auto [near, far] = tcp_pair();
    stream peer{std::move(near), other.get_executor()};
    async::receive_some(peer, asio::buffer(memory[0]), [alive](transfer_result) { BOOST_ERROR("invoked"); });
    other.poll();
    if (pass == 1) peer.cancel();  // over, and not invoked
    BOOST_TEST(alive.use_count() == 2);
  }
  BOOST_TEST(alive.use_count() == 1);
}

// It was ready, and has not looked: the bytes are still there, and their edge is not.
BOOST_FIXTURE_TEST_CASE(a_receive_that_was_cancelled_when_it_was_ready_takes_nothing_from_the_next,
                        several_connections) {
  std::vector<transfer_result> results;
  for (std::size_t i = 0; i != nears.size(); ++i)
    receive(i, [&](transfer_result got) {
      results.push_back(got);
      if (results.size() == 1)
        for (auto& each : nears) each.cancel();
    });
  io.poll();
  all_send();
  io.run();
  BOOST_REQUIRE(results.size() == nears.size());
  BOOST_TEST(std::ranges::count(results, errc::stopped, &transfer_result::error) ==
             static_cast<std::ptrdiff_t>(nears.size() - 1));
  std::size_t received = results.front().bytes;
  for (std::size_t i = 0; i != nears.size(); ++i)
    async::receive_some(nears[i], asio::buffer(memory[i]), {.timeout = 1s},
                        [&](transfer_result got) { received += got.bytes; });
  io.restart();
  io.run();
  BOOST_TEST(received == nears.size());
}

BOOST_FIXTURE_TEST_CASE(a_context_is_destroyed_before_the_connections_that_wait, several_connections) {
  auto const alive = std::make_shared<int>(0);
  {
    auto other = std::make_unique<asio::io_context>();
    std::vector<stream> peers;
    for (auto& each : fars) peers.emplace_back(std::move(each), other->get_executor());
    for (auto& each : peers)
      async::receive_some(each, asio::buffer(memory[0]),
                          [alive](transfer_result) { BOOST_ERROR("invoked"); });
    other->poll();
    peers.front().cancel();
    other.reset();
    BOOST_TEST(alive.use_count() == 1);
  }
}

BOOST_FIXTURE_TEST_CASE(a_wait_started_in_another_thread_is_collected, several_connections) {
  auto const work = asio::make_work_guard(io);
  std::jthread loop{[&] { io.run(); }};
  for (int times = 0; times < 200; ++times) {
    std::promise<std::size_t> bytes;
    receive(0, [&](transfer_result got) { bytes.set_value(got.bytes); });
    BOOST_REQUIRE(::send(fars[0].native_handle(), "x", 1, 0) == 1);
    auto done = bytes.get_future();
    BOOST_REQUIRE(done.wait_for(60s) == std::future_status::ready);
    BOOST_REQUIRE(done.get() == 1u);
  }
  io.stop();
}

BOOST_FIXTURE_TEST_CASE(a_connection_moves_between_the_set_and_the_reactor_while_it_is_in_use,
                        several_connections) {
  for (int times = 0; times < 100; ++times) {
    detail::sets_are_used = times % 3 == 0 ? detail::use_of_sets::never : detail::use_of_sets::always;
    std::size_t received = 0, room = 0;
    for (std::size_t i = 0; i != nears.size(); ++i)
      receive(i, [&](transfer_result got) { received += got.bytes; });
    nears[0].async_wait(stream::wait_write, [&](error_code error) { room += error ? 0u : 1u; });
    io.restart();
    io.poll();
    detail::sets_are_used = times % 2 == 0 ? detail::use_of_sets::never : detail::use_of_sets::always;
    all_send();
    io.run();
    BOOST_REQUIRE(received == nears.size());
    BOOST_REQUIRE(room == 1u);
  }
}
