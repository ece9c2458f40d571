// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A connection that is destroyed, moved from, closed, given away or cancelled while an operation is under way
// on it: in whatever state that is, its handler is called once, and touches nothing that is gone. (For
// AddressSanitizer.) Contexts that are destroyed with operations under way.

#include <fcntl.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <losing.hpp>
#include <memory>
#include <optional>
#include <printing.hpp>
#include <string>
#include <thread>
#include <transports.hpp>
#include <trivium/listener.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// Small buffers: what is sent does not fit.
auto make_tcp = [](asio::io_context& io) {
  auto ends = tcp_pair(16 * 1024);
  static thread_local trivium::socket far;
  far = std::move(ends.second);
  return std::pair{std::make_unique<stream>(std::move(ends.first), io.get_executor()), far.native_handle()};
};
auto make_local = [](asio::io_context& io) {
  auto ends = local_pair();
  static thread_local trivium::socket far;
  far = std::move(ends.second);
  return std::pair{std::make_unique<stream>(std::move(ends.first), asio::make_strand(io)),
                   far.native_handle()};
};

std::string into(64, '?');
std::string const large(std::size_t{1} << 20, 'x');

template <class Begin>
void in_every_state(Begin begin) {
  loses_in_every_state<stream>(make_tcp, begin);
  loses_in_every_state<stream>(make_local, begin);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_receive_ends_once_however_its_connection_is_lost) {
  in_every_state([](stream& from, limits const& within, loss_handler handler) {
    async::receive_all(from, into, within, std::move(handler));
  });
}

BOOST_AUTO_TEST_CASE(a_send_ends_once_however_its_connection_is_lost) {
  in_every_state([](stream& to, limits const& within, loss_handler handler) {
    async::send_all(to, large, within, std::move(handler));
  });
}

BOOST_AUTO_TEST_CASE(a_finish_ends_once_however_its_connection_is_lost) {
  in_every_state([](stream& with, limits const& within, loss_handler handler) {
    static_cast<void>(nonblocking::send_some(with, large));
    async::finish(with, within, std::move(handler));
  });
}

BOOST_AUTO_TEST_CASE(a_read_of_the_streams_own_ends_once_however_it_is_lost) {
  in_every_state([](stream& from, limits const& within, loss_handler handler) {
    if (!within.timeout.for_ever()) from.set_deadline(within.timeout.from(now()));
    from.set_stop(within.stop.token());
    from.async_read_some(asio::buffer(into), std::move(handler));
  });
}

BOOST_AUTO_TEST_CASE(a_write_of_the_streams_own_ends_once_however_it_is_lost) {
  in_every_state([](stream& to, limits const& within, loss_handler handler) {
    if (!within.timeout.for_ever()) to.set_deadline(within.timeout.from(now()));
    to.set_stop(within.stop.token());
    while (!nonblocking::send_some(to, large).error) {
    }
    to.async_write_some(asio::buffer(large), std::move(handler));
  });
}

BOOST_AUTO_TEST_CASE(a_wait_ends_once_however_its_connection_is_lost) {
  in_every_state([](stream& of, limits const&, loss_handler handler) {
    of.async_wait(asio::socket_base::wait_read, std::move(handler));
  });
}

namespace {

auto make_listener = [](asio::io_context& io) {
  auto at = listener::open(endpoint::tcp("127.0.0.1", 0).value(), io.get_executor());
  return std::pair{std::make_unique<listener>(std::move(*at)), -1};
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_accept_ends_once_however_its_listener_is_lost) {
  loses_in_every_state<listener>(make_listener, [](listener& at, limits const& within, loss_handler handler) {
    async::accept(at, within, std::move(handler));
  });
}

BOOST_AUTO_TEST_CASE(an_accept_on_an_executor_of_its_own_ends_once_however_the_listener_is_lost) {
  loses_in_every_state<listener>(make_listener, [](listener& at, limits const& within, loss_handler handler) {
    async::accept(at.get_executor(), at, within, std::move(handler));
  });
}

// A socket has no executor: whoever waits at it names one.
BOOST_AUTO_TEST_CASE(an_accept_at_a_socket_is_stopped_however_that_is_lost_and_takes_nobody_elses_caller) {
  void (*const losses[])(trivium::socket&) = {
      [](trivium::socket& of) { of.close(); },
      [](trivium::socket& of) { ::close(of.release()); },
      [](trivium::socket& of) { trivium::socket const moved{std::move(of)}; },
      [](trivium::socket& of) { of = trivium::socket{}; },
  };
  auto const any = endpoint::tcp("127.0.0.1", 0).value();
  for (auto const lose : losses) {
    asio::io_context io;
    auto at = trivium::listen(any).value();
    int const number = at.native_handle();
    std::optional<error_code> told;
    bool taken = false;
    async::accept(io.get_executor(), at, {.timeout = 60s}, [&](error_code error, trivium::socket peer) {
      told = error;
      taken = peer.is_open();
    });
    io.poll();
    lose(at);
    auto other = trivium::listen(any).value();  // which may have the number now
    BOOST_TEST(other.native_handle() == number);
    auto const caller = blocking::connect(other.local_endpoint().value(), {.timeout = 60s});
    BOOST_TEST(caller.has_value());
    io.restart();
    io.run_for(60s);
    BOOST_TEST(told.value() == errc::stopped);
    BOOST_TEST(!taken);
    BOOST_TEST(nonblocking::accept(other).has_value());
  }
}

// What its handler starts is told behind it, or posted where the loop is stopped.
BOOST_AUTO_TEST_CASE(what_a_handler_ends_at_once_is_told_though_its_connection_is_gone) {
  for (bool const stops : {false, true})
    for (auto const& how : losses<stream>()) BOOST_TEST_CONTEXT(how.name << (stops ? ", stopped" : "")) {
        asio::io_context io;
        async::trampoline const here{io};
        auto [there, far] = make_tcp(io);
        told_of_loss first, second;
        async::send_all(*there, into, [&, &there = there](transfer_result) {
          ++first.calls;
          async::send_all(*there, into, [&](transfer_result came) {
            second.error = came.error;
            ++second.calls;
          });
          how.lose(there);
          if (stops) io.stop();
        });
        io.run();
        io.restart();
        io.run();
        BOOST_TEST(first.calls == 1);
        BOOST_TEST(second.calls == 1);
        BOOST_TEST(no_error(second.error));
      }
}

// While its context is destroyed, a handler's destructor begins an operation on another connection.
BOOST_AUTO_TEST_CASE(an_operation_that_begins_in_a_closing_context_closes_no_descriptor) {
  std::unique_ptr<stream> outlives;  // the context
  trivium::socket near;
  bool began = false;
  struct goodbye {
    std::function<void()> says;
    ~goodbye() {
      if (says) says();
    }
  };
  auto [other, other_far] = tcp_pair();
  {
    asio::io_context io;
    auto [there, far_descriptor] = make_tcp(io);
    auto second = std::make_shared<stream>(std::move(other), io.get_executor());
    auto const number = second->native_handle();
    auto says = std::make_shared<goodbye>();
    says->says = [&, second, number] {
      async::receive_all(*second, into, [](transfer_result) {});
      BOOST_TEST(second->native_handle() == number);
      BOOST_TEST(::fcntl(number, F_GETFD) != -1);
      near = second->release();
      began = true;
    };
    async::receive_all(*there, into, [says = std::move(says)](transfer_result) {});
    io.poll();
    outlives = std::move(there);
  }
  BOOST_TEST(began);
  BOOST_TEST(::send(near.native_handle(), "x", 1, MSG_NOSIGNAL) == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_without_an_executor_is_refused_as_by_asio) {
  auto [near, far] = tcp_pair();
  asio::any_io_executor const none;
  BOOST_CHECK_THROW(stream(std::move(near), none), asio::execution::bad_executor);
  BOOST_CHECK_THROW(static_cast<void>(listener{none}), asio::execution::bad_executor);
  BOOST_CHECK_THROW(async::connect(none, "127.0.0.1", "1", [](error_code, trivium::socket) {}),
                    asio::execution::bad_executor);
}

// Everything is looked at when the operation starts, which may be later than it is named.
BOOST_AUTO_TEST_CASE(a_lazy_operation_is_on_the_descriptor_and_under_the_limits_of_when_it_starts) {
  auto [near, far] = tcp_pair();
  asio::io_context io;
  stream there{std::move(near), io.get_executor()};
  auto finish = async::finish(there, asio::deferred);
  auto handshake = async::handshake(there, asio::deferred);
  auto receive = async::receive_all(there, into, asio::deferred);
  there.set_deadline(now());
  std::optional<transfer_result> told;
  std::move(receive)([&](transfer_result came) { told = came; });
  io.run();
  BOOST_TEST(told.value().error == errc::timed_out);

  there.close();
  auto [other, other_far] = tcp_pair();  // one of them has the number
  std::move(finish)([&](transfer_result came) { told = came; });
  io.restart();
  io.run();
  BOOST_TEST(told.value().error.value() == EBADF);
  std::move(handshake)([&](transfer_result came) { told = came; });
  io.restart();
  io.run();
  BOOST_TEST(no_error(nonblocking::send_some(other, std::string_view{"x"})));  // nobody has shut it
  BOOST_TEST(no_error(nonblocking::send_some(other_far, std::string_view{"x"})));
}

// A handler may own its connection, and be the last to.
BOOST_AUTO_TEST_CASE(a_context_is_destroyed_with_operations_that_own_their_connections) {
  asio::thread_pool pool{1};
  std::stop_source stop;
  auto const token = stop.get_token();
  for (limits const& within : {limits{}, limits{.timeout = 60s}, limits{.timeout = 60s, .stop = token}})
    for (auto const where : {told_on::its_loop, told_on::a_strand, told_on::a_pool}) {
      auto watched = std::make_shared<int>(0);
      {
        asio::io_context io;
        auto [near, far] = tcp_pair();
        auto there = std::make_shared<stream>(std::move(near), io.get_executor());
        auto& connection = *there;
        auto tells = [there = std::move(there), watched](transfer_result) { ++*watched; };
        if (where == told_on::its_loop)
          async::receive_all(connection, into, within, std::move(tells));
        else if (where == told_on::a_strand)
          async::receive_all(connection, into, within,
                             asio::bind_executor(asio::make_strand(io), std::move(tells)));
        else
          async::receive_all(connection, into, within,
                             asio::bind_executor(pool.get_executor(), std::move(tells)));
        io.poll();
      }
      BOOST_TEST(*watched == 0);
      BOOST_TEST(watched.use_count() == 1);
    }
  pool.join();
}

// The arrival is queued in a busy pool when the connection's context goes.
BOOST_AUTO_TEST_CASE(a_stop_on_its_way_in_another_context_finds_its_own_gone) {
  asio::thread_pool pool{1};
  std::atomic<bool> busy{true};
  asio::post(pool, [&] { busy.wait(true); });
  auto watched = std::make_shared<int>(0);
  std::stop_source stop;
  {
    auto const token = stop.get_token();
    asio::io_context io;
    auto [near, far] = tcp_pair();
    auto there = std::make_shared<stream>(std::move(near), io.get_executor());
    auto& connection = *there;
    async::receive_all(connection, into, {.timeout = 60s, .stop = token},
                       asio::bind_executor(pool.get_executor(), [there = std::move(there),
                                                                 watched](transfer_result) { ++*watched; }));
    io.poll();
    stop.request_stop();
  }
  busy = false;
  busy.notify_one();
  pool.join();
  BOOST_TEST(*watched == 0);
  BOOST_TEST(watched.use_count() == 1);
}

// Threads that meet: one asks to stop, one destroys the context; the handler is told in a pool, behind a
// strand that is younger than the context's gate, or on the loop. (For the sanitizers.)
BOOST_AUTO_TEST_CASE(a_stop_and_the_end_of_a_context_may_meet_whatever_executor_tells_the_handler) {
  constexpr int rounds = 300;
  asio::thread_pool pool{1};
  std::atomic<int> called{0};
  for (int round = 0; round != rounds; ++round) {
    auto watched = std::make_shared<int>(0);
    std::stop_source stop;
    auto const token = stop.get_token();
    std::optional<asio::io_context> io{std::in_place};
    auto [near, far] = tcp_pair();
    auto begin = [&, end = &near](auto const& executor) {
      auto there = std::make_shared<stream>(std::move(*end), io->get_executor());
      auto& connection = *there;
      async::receive_all(connection, into, {.timeout = 60s, .stop = token},
                         asio::bind_executor(executor, [there = std::move(there), watched,
                                                        &called](transfer_result) { ++called; }));
    };
    switch (round % 3) {
      case 0:
        begin(pool.get_executor());
        break;
      case 1: {
        static_cast<void>(detail::stop_gate::of(io->get_executor()));
        begin(asio::make_strand(*io));
        break;
      }
      case 2:
        begin(io->get_executor());
        break;
    }
    io->poll();
    if (round % 2 == 0) ::send(far.native_handle(), "x", 1, 0);
    std::atomic<bool> go{false};
    std::thread stopper{[&] {
      go.wait(false);
      stop.request_stop();
    }};
    go = true;
    go.notify_one();
    for (int spin = 0; spin != round % 100; ++spin) io->stopped();
    io.reset();
    stopper.join();
    asio::post(pool, [] {});
    if (round % 3 != 0) BOOST_TEST(watched.use_count() == 1);
  }
  pool.join();
  BOOST_TEST(called <= rounds / 3);
}
