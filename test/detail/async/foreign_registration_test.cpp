// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/foreign_registration.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <payloads.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <remains.hpp>
#include <transports.hpp>
#include <trivium/async.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

struct source_elsewhere {
  source_elsewhere() {
    auto [near, far] = local_pair();
    connection.emplace(std::move(near), io.get_executor());
    peer = std::move(far);
  }
  auto tells() {
    return [this](transfer_result result) { told = result; };
  }
  void begins(limits const& within = {}) {
    async::send(*connection, given_by_pipe{pipe.reading()}, within, tells());
    io.poll();
    BOOST_TEST(!told);
  }
  void gives(std::string_view text) {
    BOOST_REQUIRE(::write(pipe.writing(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  asio::io_context io;
  pipe_ends pipe;
  std::optional<stream> connection;
  trivium::socket peer;
  std::optional<transfer_result> told;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(data_at_the_source_ends_the_wait, source_elsewhere) {
  begins();
  gives("abc");
  io.run_one();
  io.poll();
  pipe.close_writing();
  io.run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(told->bytes == 3u);
  BOOST_TEST(told->waits >= 2u);
}

// Whatever ends a connection says so to an operation that waits for something else.
BOOST_FIXTURE_TEST_CASE(a_connection_that_is_closed_ends_the_wait, source_elsewhere) {
  begins();
  connection->close();
  io.run();
  BOOST_TEST(told.value().error == errc::stopped);
}
BOOST_FIXTURE_TEST_CASE(a_connection_that_is_destroyed_ends_the_wait, source_elsewhere) {
  begins();
  connection.reset();
  io.run();
  BOOST_TEST(told.value().error == errc::stopped);
}
BOOST_FIXTURE_TEST_CASE(a_connection_that_is_moved_from_ends_the_wait, source_elsewhere) {
  begins();
  auto const elsewhere = std::move(*connection);
  io.run();
  BOOST_TEST(told.value().error == errc::stopped);
}
BOOST_FIXTURE_TEST_CASE(a_connection_that_is_cancelled_ends_the_wait, source_elsewhere) {
  begins();
  connection->cancel();
  io.run();
  BOOST_TEST(told.value().error == errc::stopped);
}
BOOST_FIXTURE_TEST_CASE(a_cancellation_slot_ends_the_wait, source_elsewhere) {
  asio::cancellation_signal signal;
  async::send(*connection, given_by_pipe{pipe.reading()},
              asio::bind_cancellation_slot(signal.slot(), tells()));
  io.poll();
  signal.emit(asio::cancellation_type::terminal);
  io.run();
  BOOST_TEST(told.value().error == errc::stopped);
}
BOOST_FIXTURE_TEST_CASE(a_limit_ends_the_wait, source_elsewhere) {
  begins({.timeout = 5ms});
  io.run();
  BOOST_TEST(told.value().error == errc::timed_out);
}

// Its peer may break a connection at any time, and in ways that stay: the loop must not run round for it.
BOOST_AUTO_TEST_CASE(a_peer_that_resets_ends_the_wait) {
  loopback<tcp> ends;
  auto& io = *detail::loop_of(ends.near.get_executor());
  pipe_ends const pipe;
  std::optional<transfer_result> told;
  async::send(ends.near, given_by_pipe{pipe.reading()}, [&](transfer_result result) { told = result; });
  io.poll();
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(ends.far.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ends.far.close();
  io.run();
  BOOST_TEST(told.value().error == kernels(ECONNRESET));
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_closes_a_unix_socket_ends_the_wait, source_elsewhere) {
  begins();
  peer.close();
  io.run();
  BOOST_TEST(told.value().error == kernels(EPIPE));
}

BOOST_AUTO_TEST_CASE(urgent_data_neither_ends_the_wait_nor_keeps_the_loop_busy) {
  loopback<tcp> ends;
  auto& io = *detail::loop_of(ends.near.get_executor());
  pipe_ends pipe;
  std::optional<transfer_result> told;
  async::send(ends.near, given_by_pipe{pipe.reading()}, [&](transfer_result result) { told = result; });
  io.poll();
  BOOST_REQUIRE(::send(ends.far.native_handle(), "!", 1, MSG_OOB) == 1);
  io.run_one();
  std::size_t handlers = 0;
  for (int rounds = 0; rounds != 100; ++rounds) handlers += io.poll();
  BOOST_TEST(handlers < 10u);
  BOOST_TEST(!told);
  pipe.close_writing();
  io.run();
  BOOST_TEST(no_error(told.value()));
}

// What a source waits for may change from one attempt to the next.
BOOST_FIXTURE_TEST_CASE(a_source_that_waits_for_another_descriptor_than_before_is_waited_for_there,
                        source_elsewhere) {
  struct changes_its_mind {
    attempt send_to(channel&, std::size_t, may_block) noexcept {
      attempts += 1;
      char byte;
      if (attempts > 1 && ::read(second, &byte, 1) == 1) over = true;
      if (over) return {.what = attempt::outcome::moved, .calls = 0};
      return {.what = attempt::outcome::would_block,
              .waits_for = {attempts == 1 ? first : second, readiness::readable},
              .look_again = attempts == 1 ? nanoseconds{1ms} : nanoseconds{0},
              .calls = 0};
    }
    bool done() const noexcept { return over; }
    int first, second;
    int attempts = 0;
    bool over = false;
  };
  pipe_ends other;
  async::send(*connection, changes_its_mind{pipe.reading(), other.reading()}, tells());
  auto const begun = now();
  while (now() - begun < 20ms) io.poll();  // the time to look again has passed
  BOOST_TEST(!told);
  BOOST_REQUIRE(::write(other.writing(), "x", 1) == 1);
  io.run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_FIXTURE_TEST_CASE(an_asio_socket_that_is_closed_ends_the_wait, source_elsewhere) {
  loopback<asio_tcp> ends;
  async::send(ends.near, given_by_pipe{pipe.reading()}, tells());
  asio::post(ends.near.get_executor(), [&] { ends.near.close(); });
  detail::loop_of(ends.near.get_executor())->run();
  BOOST_TEST(told.value().error == errc::stopped);
}

// A context that is destroyed first destroys the handler, and no descriptor is left.
BOOST_AUTO_TEST_CASE(a_context_that_is_destroyed_leaves_nothing) {
  auto const before = open_descriptors();
  auto const owned = std::make_shared<int>(0);
  {
    source_elsewhere at;
    async::send(*at.connection, given_by_pipe{at.pipe.reading()}, [owned](transfer_result) {});
    at.io.poll();
    BOOST_TEST(owned.use_count() == 2);
  }
  BOOST_TEST(owned.use_count() == 1);
  BOOST_TEST(open_descriptors() == before);
}

// The handler runs in another context, which outlives the one that waits.
BOOST_AUTO_TEST_CASE(a_context_that_is_destroyed_under_a_handler_elsewhere_leaves_nothing) {
  auto const before = open_descriptors();
  auto const owned = std::make_shared<int>(0);
  {
    asio::io_context handlers;
    pipe_ends const pipe;
    trivium::socket peer;
    {
      source_elsewhere at;
      async::send(*at.connection, given_by_pipe{pipe.reading()},
                  asio::bind_executor(handlers.get_executor(), [owned](transfer_result) {}));
      at.io.poll();
      handlers.poll();
      BOOST_TEST(owned.use_count() == 2);
    }
    handlers.restart();
    handlers.poll();
  }
  BOOST_TEST(owned.use_count() == 1);
  BOOST_TEST(open_descriptors() == before);
}

BOOST_FIXTURE_TEST_CASE(a_handler_in_another_context_is_invoked_there, source_elsewhere) {
  asio::io_context handlers;
  auto const keeps = asio::make_work_guard(handlers);
  async::send(*connection, given_by_pipe{pipe.reading()},
              asio::bind_executor(handlers.get_executor(), tells()));
  gives("abc");
  pipe.close_writing();
  for (int rounds = 0; !told && rounds != 1000; ++rounds) {
    io.restart();
    io.poll();
    handlers.poll();
  }
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(told->bytes == 3u);
}

// The source is another connection of the same loop, which waits there too: epoll takes a descriptor once.
BOOST_FIXTURE_TEST_CASE(a_source_may_be_a_connection_that_has_its_own_wait, source_elsewhere) {
  auto [near, far] = local_pair();
  stream other{std::move(near), io.get_executor()};
  other.set_timeout(std::nullopt);
  std::optional<transfer_result> sent_back;
  std::vector<std::byte> const much(std::size_t{1} << 20);
  async::send_all(other, much, [&](transfer_result result) { sent_back = result; });  // nobody reads it yet
  ::fcntl(other.native_handle(), F_SETFL, O_NONBLOCK);
  async::send(*connection, given_by_pipe{other.native_handle()}, tells());
  io.poll();
  BOOST_TEST(!told);
  BOOST_REQUIRE(::send(far.native_handle(), "x", 1, 0) == 1);
  BOOST_REQUIRE(::shutdown(far.native_handle(), SHUT_WR) == 0);
  while (!told && io.run_one() != 0) {
  }
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(no_error(*told));
  BOOST_TEST(told->bytes == 1u);
  BOOST_TEST(!sent_back);
  far.close();
  io.run();
  BOOST_TEST(sent_back.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_that_cannot_be_waited_for_ends_it_with_the_error, source_elsewhere) {
  struct waits_for {
    attempt send_to(channel&, std::size_t, may_block) noexcept {
      return {
          .what = attempt::outcome::would_block, .waits_for = {descriptor, readiness::readable}, .calls = 0};
    }
    bool done() const noexcept { return false; }
    int descriptor;
  };
  async::send(*connection, waits_for{1'000'000}, tells());
  io.run();
  BOOST_TEST(told.value().error == kernels(EBADF));
  io.restart();
  int const file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  async::send(*connection, waits_for{file}, tells());
  io.run();
  BOOST_TEST(told.value().error == kernels(EOPNOTSUPP));  // a file is always ready
  ::close(file);
}
