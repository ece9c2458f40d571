// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/multiplexer.hpp>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>
#include <counts.hpp>
#include <functional>
#include <memory>
#include <multiplexed.hpp>
#include <optional>
#include <printing.hpp>
#include <string>
#include <system.hpp>
#include <thread>
#include <transports.hpp>
#include <trivium/nonblocking.hpp>
#include <utility>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using nonblocking::multiplexer;

BOOST_FIXTURE_TEST_CASE(an_operation_ends_when_its_bytes_are_there, two_ends) {
  far_sends("hello");
  receive();
  BOOST_TEST(!told);  // not inside start
  BOOST_TEST(loop.size() == 1u);
  loop.run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(into == "hello");
  BOOST_TEST(loop.size() == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_operation_waits_for_its_bytes, two_ends) {
  receive();
  BOOST_TEST(loop.run_once(now()) == 0u);
  far_sends("hel");
  BOOST_TEST(loop.run_once() == 0u);
  far_sends("lo");
  BOOST_TEST(loop.run_once() == 1u);
  BOOST_TEST(into == "hello");
  BOOST_TEST(told->waits == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_send_waits_for_room_and_the_other_direction_goes_on, two_ends) {
  std::string const much(std::size_t{8} << 20, 'x');
  std::optional<transfer_result> sent;
  loop.start(near, transfer{near, sending(much)}, [&](auto& ended) { sent = ended.result(); });
  receive();
  loop.run_once(now());
  far_sends("hello");
  for (int turns = 0; turns < 1000 && !told; ++turns) loop.run_once(now() + 10ms);
  BOOST_TEST(into == "hello");
  BOOST_TEST(!sent);
  std::jthread const takes{[&] {
    std::vector<char> part(1 << 16);
    while (::recv(far.native_handle(), part.data(), part.size(), 0) > 0) {
    }
  }};
  loop.run();
  BOOST_TEST(sent.value().bytes == much.size());
  BOOST_TEST(no_error(*sent));
  near.close();
}

BOOST_FIXTURE_TEST_CASE(a_limit_ends_an_operation_and_never_early, two_ends) {
  auto const began = now();
  receive({.timeout = 20ms});
  loop.run();
  BOOST_TEST(told.value().error == errc::timed_out);
  BOOST_TEST((now() - began >= 20ms));
  far_sends("hello");
  told.reset();
  receive({.timeout = 60s});
  loop.run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_FIXTURE_TEST_CASE(operations_are_ended_in_the_order_in_which_they_are_due, two_ends) {
  std::vector<int> order;
  for (int const milliseconds : {30, 10, 20})
    loop.start(near, transfer{near, receiving(into), {.timeout = std::chrono::milliseconds{milliseconds}}},
               [&order, milliseconds](auto&) { order.push_back(milliseconds); });
  loop.run();
  BOOST_TEST((order == std::vector{10, 20, 30}));
}

BOOST_AUTO_TEST_CASE(an_operation_ends_as_stopped_however_its_connection_is_lost) {
  for (auto const lose : losses_of_a_descriptor)
    for (bool const waits : {false, true})
      for (bool const limited : {false, true}) {
        two_ends with;
        with.receive(limited ? limits{.timeout = 60s} : limits{});
        if (waits) with.loop.run_once(now());
        lose(with.near);
        with.far.close();
        with.loop.run();
        BOOST_TEST(with.told.value().error == errc::stopped);
        BOOST_TEST(with.told->bytes == 0u);
      }
}

// The function of one operation closes the connection of others, which are ready as well.
BOOST_AUTO_TEST_CASE(a_connection_may_be_closed_by_the_function_of_another) {
  multiplexer loop;
  std::vector<std::unique_ptr<two_ends>> all;
  for (int i = 0; i != 8; ++i) all.push_back(std::make_unique<two_ends>());
  int received = 0, stopped = 0;
  for (std::size_t i = 0; i != all.size(); ++i)
    loop.start(all[i]->near, transfer{all[i]->near, receiving(all[i]->into)}, [&, i](auto& ended) {
      ++(ended.result().error == errc::stopped ? stopped : received);
      all[i ^ 1]->near.close();
    });
  loop.run_once(now());
  for (auto& each : all) each->far_sends("hello");
  loop.run();
  BOOST_TEST(received + stopped == 8);
  BOOST_TEST(stopped == 4);
}

BOOST_FIXTURE_TEST_CASE(an_exception_leaves_run_and_the_rest_goes_on, two_ends) {
  two_ends other;
  other.far_sends("hello");
  far_sends("hello");
  loop.start(near, transfer{near, receiving(into)}, [](auto&) { throw 7; });
  std::optional<transfer_result> other_told;
  loop.start(other.near, transfer{other.near, receiving(other.into)},
             [&](auto& ended) { other_told = ended.result(); });
  BOOST_CHECK_EXCEPTION(loop.run(), int, [](int thrown) { return thrown == 7; });
  loop.run();
  BOOST_TEST(no_error(other_told.value()));
}

BOOST_AUTO_TEST_CASE(what_has_not_ended_is_dropped_with_it) {
  auto const alive = std::make_shared<int>(0);
  two_ends with;
  {
    multiplexer loop;
    for (bool const waits : {true, false}) {
      loop.start(with.near, transfer{with.near, receiving(with.into), {.timeout = 60s}},
                 [alive](auto&) { BOOST_ERROR("called"); });
      if (waits) loop.run_once(now());
    }
    BOOST_TEST(alive.use_count() == 3);
  }
  BOOST_TEST(alive.use_count() == 1);
  BOOST_TEST(with.near.registrations() == nullptr);
  with.receive();
  with.far_sends("hello");
  with.loop.run();
  BOOST_TEST(no_error(with.told.value()));
}

BOOST_AUTO_TEST_CASE(it_connects_and_accepts) {
  multiplexer loop;
  auto listening = trivium::listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const at = listening.local_endpoint().value();
  std::optional<trivium::socket> accepted, connected;
  loop.start(listening, accepting{listening}, [&](accepting& ended) { accepted = ended.take().value(); });
  loop.run_once(now());
  loop.start(connecting{at}, [&](connecting& ended) { connected = ended.take().value(); });
  loop.run();
  BOOST_REQUIRE(accepted.has_value());
  BOOST_REQUIRE(connected.has_value());
  BOOST_TEST((accepted->remote_endpoint().value() == connected->local_endpoint().value()));
}

BOOST_AUTO_TEST_CASE(an_asio_socket_is_added_for_each_wait) {
  asio::io_context io;
  auto [near, far] = tcp_pair();
  asio::ip::tcp::socket peer{io, asio::ip::tcp::v4(), near.release()};
  multiplexer loop;
  std::string into = "?????";
  for (int times = 0; times < 3; ++times) {
    std::optional<transfer_result> told;
    loop.start(peer, transfer{peer, receiving(into)}, [&](auto& ended) { told = ended.result(); });
    loop.run_once(now());
    BOOST_REQUIRE(::send(far.native_handle(), "hello", 5, 0) == 5);
    loop.run();
    BOOST_TEST(no_error(told.value()));
  }
}

BOOST_AUTO_TEST_CASE(both_directions_of_an_asio_socket_wait_at_once) {
  asio::io_context io;
  auto [near, far] = tcp_pair(4096);
  asio::ip::tcp::socket peer{io, asio::ip::tcp::v4(), near.release()};
  multiplexer loop;
  std::string into = "?????";
  std::string const much(1 << 20, 'x');
  std::optional<transfer_result> sent, received;
  loop.start(peer, transfer{peer, receiving(into), {.timeout = 60s}},
             [&](auto& ended) { received = ended.result(); });
  loop.start(peer, transfer{peer, sending(much), {.timeout = 60s}},
             [&](auto& ended) { sent = ended.result(); });
  loop.run_once(now());
  BOOST_TEST(loop.size() == 2u);
  std::jthread const takes{[&far = far] {
    std::vector<char> part(1 << 16);
    [[maybe_unused]] auto const told = ::send(far.native_handle(), "hello", 5, 0);
    for (std::size_t left = std::size_t{1} << 20; left != 0;)
      left -= static_cast<std::size_t>(::recv(far.native_handle(), part.data(), part.size(), 0));
  }};
  loop.run();
  BOOST_TEST(no_error(sent.value()));
  BOOST_TEST(no_error(received.value()));
}

BOOST_FIXTURE_TEST_CASE(cancel_ends_the_operations_of_one_connection, two_ends) {
  two_ends other;
  for (bool const waits : {true, false}) {
    receive();
    if (waits) loop.run_once(now());
    loop.cancel(near);
    loop.cancel(other.near);  // it has none
    loop.run();
    BOOST_TEST(told.value().error == errc::stopped);
    told.reset();
  }
  far_sends("hello");
  receive();
  loop.run();
  BOOST_TEST(no_error(told.value()));
}

// It was ready, and has not looked: the bytes are still there, and their edge is not.
BOOST_FIXTURE_TEST_CASE(a_receive_that_was_cancelled_when_it_was_ready_takes_nothing_from_the_next,
                        two_ends) {
  receive();
  loop.run_once(now());
  far_sends("hello");
  loop.cancel(near);
  loop.run();
  BOOST_TEST(told.value().error == errc::stopped);
  told.reset();
  receive({.timeout = 60s});
  loop.run();
  BOOST_TEST(no_error(told.value()));
}

namespace {

// Sends one byte that it takes from another connection, and waits for that.
class from_another {
 public:
  explicit from_another(trivium::socket& of) : of_{&of} {}
  attempt send_to(channel& to, std::size_t, may_block allowed) noexcept {
    if (!taken_ && ::recv(of_->native_handle(), &byte_, 1, MSG_DONTWAIT) != 1)
      return {.what = attempt::outcome::would_block,
              .waits_for = {of_->native_handle(), readiness::readable},
              .calls = 0};
    taken_ = true;
    iovec const piece{&byte_, 1};
    auto const answer = to.send({&piece, 1}, allowed);
    sent_ = answer.bytes == 1;
    return answer;
  }
  bool done() const noexcept { return sent_; }

 private:
  trivium::socket* of_;
  char byte_ = '?';
  bool taken_ = false, sent_ = false;
};

void waits_once(multiplexer& in, two_ends& of) {
  in.start(of.near, transfer{of.near, receiving(of.into), {.timeout = 20ms}}, [](auto&) {});
  in.run();
}

// Closes its own connection.
class closing {
 public:
  explicit closing(trivium::socket& of) : of_{&of} {}
  attempt send_to(channel&, std::size_t, may_block) noexcept {
    of_->close();
    return {.what = attempt::outcome::would_block, .waits_for = {0, readiness::none}, .calls = 0};
  }
  bool done() const noexcept { return false; }

 private:
  trivium::socket* of_;
};

}  // namespace

// Whether the other connection has been waited for before, or is meanwhile.
BOOST_AUTO_TEST_CASE(a_source_may_wait_for_another_connection) {
  for (bool const before : {true, false}) {
    two_ends with, other;
    if (before) waits_once(with.loop, other);
    std::optional<transfer_result> relayed, received;
    with.loop.start(with.near, transfer{with.near, from_another{other.near}},
                    [&](auto& ended) { relayed = ended.result(); });
    with.loop.run_once(now());
    std::string into = "?";
    with.loop.start(other.near, transfer{other.near, receiving(into)},
                    [&](auto& ended) { received = ended.result(); });
    with.loop.run_once(now());
    BOOST_TEST(with.loop.size() == 2u);
    other.far_sends("xy");
    with.loop.run();
    BOOST_TEST(no_error(relayed.value()));
    BOOST_TEST(no_error(received.value()));
  }
}

BOOST_AUTO_TEST_CASE(a_source_whose_other_connection_is_closed_waits_no_longer) {
  for (bool const before : {true, false}) {
    two_ends with, other;
    if (before) waits_once(with.loop, other);
    std::optional<transfer_result> relayed;
    with.loop.start(with.near, transfer{with.near, from_another{other.near}, {.timeout = 100ms}},
                    [&](auto& ended) { relayed = ended.result(); });
    with.loop.run_once(now());
    other.near.close();
    with.loop.run();
    BOOST_TEST(relayed.value().error.failed());
  }
}

BOOST_FIXTURE_TEST_CASE(a_source_that_closes_its_connection_ends_its_operation, two_ends) {
  loop.start(near, transfer{near, closing{near}}, [&](auto& ended) { told = ended.result(); });
  loop.run();
  BOOST_TEST(told.value().error == errc::stopped);
}

// The set, or memory, is refused at any step: the operation ends, and says why.
BOOST_AUTO_TEST_CASE(a_wait_that_cannot_begin_ends_its_operation_with_the_reason) {
  for (auto const limited : {limits{}, limits{.timeout = 60s}}) {
    two_ends with;
    with.receive(limited);
    auto table = kernel;
    table.epoll_ctl = [](int, int, int, epoll_event*) {
      errno = ENOSPC;
      return -1;
    };
    {
      replaced_system const refuses{table};
      with.loop.run();
    }
    BOOST_TEST(with.told.value().error == error_code(ENOSPC, boost::system::system_category()));
    with.told.reset();
    with.far_sends("hello");
    with.receive(limited);
    with.loop.run();
    BOOST_TEST(no_error(with.told.value()));
  }
}

// --- What it costs.

namespace {

struct echo {
  echo(multiplexer& of, std::pair<trivium::socket, trivium::socket> ends)
      : loop{of}, near{std::move(ends.first)}, far{std::move(ends.second)} {
    receive();
  }
  void receive() {
    loop.start(near, transfer{near, receiving_some(memory)}, [this](auto& got) {
      if (got.result().error) return;
      auto const sent = nonblocking::send_some(near, asio::buffer(memory, got.result().bytes));
      BOOST_TEST(no_error(sent));
      receive();
    });
  }

  multiplexer& loop;
  std::array<char, 4096> memory;
  trivium::socket near, far;
};

struct calls_counted {
  calls_counted() {
    calls = 0;
    table.send = [](int to, void const* bytes, std::size_t size, int flags) {
      return ++calls, kernel.send(to, bytes, size, flags);
    };
    table.recv = [](int from, void* bytes, std::size_t size, int flags) {
      return ++calls, kernel.recv(from, bytes, size, flags);
    };
    table.epoll_ctl = [](int set, int what, int descriptor, epoll_event* event) {
      return ++calls, kernel.epoll_ctl(set, what, descriptor, event);
    };
    table.epoll_wait = [](int set, epoll_event* events, int most, int timeout) {
      return ++calls, kernel.epoll_wait(set, events, most, timeout);
    };
    in_force.emplace(table);
  }
  static inline std::uint64_t calls;
  system_table table = kernel;
  std::optional<replaced_system> in_force;
};

}  // namespace

BOOST_AUTO_TEST_CASE(k_ready_connections_cost_one_call_besides_theirs_and_no_allocation) {
  for (std::size_t const k : {1u, 8u, 200u}) {
    multiplexer loop;
    std::vector<std::unique_ptr<echo>> all;
    for (std::size_t i = 0; i != k; ++i) all.push_back(std::make_unique<echo>(loop, tcp_pair()));
    for (int times = 0; times < 10; ++times) {
      for (auto& each : all) BOOST_REQUIRE(::send(each->far.native_handle(), "x", 1, 0) == 1);
      auto const before = counted();
      calls_counted const count;
      BOOST_TEST(loop.run_once() == k);
      if (times > 2) {
        BOOST_TEST(calls_counted::calls == k + k + 1);
        if (counts_allocations) BOOST_TEST(counted().allocations == before.allocations);
      }
      for (auto& each : all) {
        char byte;
        BOOST_REQUIRE(::recv(each->far.native_handle(), &byte, 1, MSG_WAITALL) == 1);
      }
    }
  }
}
