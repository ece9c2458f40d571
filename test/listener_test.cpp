// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/listener.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <listening.hpp>
#include <optional>
#include <printing.hpp>
#include <scripted_time.hpp>
#include <thread>
#include <trivium/async.hpp>
#include <trivium/nonblocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

static_assert(!std::is_copy_constructible_v<listener>);
static_assert(std::is_move_constructible_v<listener>);
static_assert(async::waitable<listener>);
static_assert(lasting<listener>);
static_assert(!lasting<trivium::socket> && !lasting<asio::ip::tcp::acceptor>);

// --- What it is.

BOOST_FIXTURE_TEST_CASE(it_is_a_listening_socket_with_an_executor, with_listener) {
  BOOST_TEST(at->is_open());
  BOOST_TEST(at->get_executor() == io.get_executor());
  BOOST_TEST(at->local_endpoint()->port() != 0);
  asio::socket_base::reuse_address reused;
  at->get_option(reused);
  BOOST_TEST(reused.value());
  at->set_option(asio::socket_base::receive_buffer_size{100'000});
}

BOOST_FIXTURE_TEST_CASE(each_way_accepts_the_caller_who_waits_and_the_one_who_comes, with_listener) {
  for (auto const way : all_ways) {
    auto const waits = calls();
    auto const near = way(*this, {});
    BOOST_REQUIRE(near.has_value());
    BOOST_TEST(near->remote_endpoint().value() == waits.local_endpoint().value());
    trivium::socket comes;
    std::thread later{[&] { comes = calls(); }};
    BOOST_TEST(way(*this, {.timeout = 60s}).has_value());
    later.join();
  }
  auto const waits = calls();
  BOOST_TEST(nonblocking::accept(*at).has_value());
  BOOST_TEST(nonblocking::accept(*at).error() == errc::would_block);
}

BOOST_FIXTURE_TEST_CASE(limits_end_an_accept_in_each_way_and_the_next_accepts, with_listener) {
  for (auto const way : all_ways) {
    is_ended_by_limits(way);
    auto const far = calls();
    BOOST_TEST(way(*this, {}).has_value());
  }
}

BOOST_FIXTURE_TEST_CASE(it_takes_over_a_socket_of_ones_own, with_listener) {
  auto own = listen(loopback()).value();
  int const fd = own.native_handle();
  listener other{std::move(own), io.get_executor()};
  BOOST_TEST(other.native_handle() == fd);
  auto const far = blocking::connect(other.local_endpoint().value()).value();
  BOOST_TEST(other.accept().is_open());
  asio::ip::tcp::acceptor asios{io, {asio::ip::address_v4::loopback(), 0}};
  listener from_asio{trivium::socket{asios.release()}, io.get_executor()};
  BOOST_TEST(from_asio.local_endpoint()->port() != 0);
}

// --- Its mode: Python's settimeout and setblocking.

BOOST_FIXTURE_TEST_CASE(accept_obeys_the_mode, with_listener) {
  error_code error;
  at->set_blocking(false);
  BOOST_TEST(!at->accept(error).is_open());
  BOOST_TEST(error == asio::error::would_block);
  at->set_timeout(5ms);
  auto const began = now();
  BOOST_TEST(!at->accept(error).is_open());
  BOOST_TEST(error == asio::error::timed_out);
  BOOST_TEST(error == errc::timed_out);
  BOOST_TEST((now() - began) >= 5ms);
  BOOST_CHECK_EXCEPTION(at->set_timeout(-1ms), boost::system::system_error, [](auto const& thrown) {
    return thrown.code() == kernels(EINVAL);
  });  // Python's ValueError
  BOOST_TEST(told_by_accept() == errc::timed_out);
  {
    auto const far = calls();
    at->set_blocking(false);
    BOOST_TEST(at->accept().is_open());
  }
  at->set_blocking(true);
  trivium::socket far;
  std::thread comes{[&] { far = calls(); }};
  BOOST_TEST(at->accept().is_open());
  comes.join();
}

BOOST_FIXTURE_TEST_CASE(the_mode_changes_nothing_of_the_descriptor, with_listener) {
  int const fd = at->native_handle();
  int const before = ::fcntl(fd, F_GETFL);
  for (bool const blocks : {true, false}) {
    at->set_blocking(blocks);
    BOOST_TEST(::fcntl(fd, F_GETFL) == before);
  }
}

BOOST_FIXTURE_TEST_CASE(its_stop_ends_what_is_done_on_it_in_each_way, with_listener) {
  std::stop_source source;
  at->set_stop(source.get_token());
  std::thread stopper{[&] { source.request_stop(); }};
  BOOST_TEST(told_by_accept() == errc::stopped);
  stopper.join();
  for (auto const way : all_ways) {
    std::stop_source another;
    at->set_stop(another.get_token());
    std::thread stops{[&] { another.request_stop(); }};
    BOOST_TEST(way(*this, {.timeout = 60s}).error() == errc::stopped);
    stops.join();
  }
  BOOST_TEST(nonblocking::accept(*at).error() == errc::stopped);
  // A call with a token of its own heeds that one; without any, it goes on.
  std::stop_source own;
  auto const token = own.get_token();
  BOOST_TEST(blocking::accept(*at, {.timeout = 1ms, .stop = token}).error() == errc::timed_out);
  at->set_stop({});
  BOOST_TEST(nonblocking::accept(*at).error() == errc::would_block);
}

// --- What does not end it.

namespace {

// accept4 fails so often, then it is the kernel's.
struct shortage {
  shortage(int code, int times) {
    error = code, left = times, accepts = 0;
    table.accept4 = [](int fd, sockaddr* address, socklen_t* size, int flags) {
      ++accepts;
      if (left > 0) return --left, errno = error, -1;
      return kernel.accept4(fd, address, size, flags);
    };
  }
  inline static int error, left, accepts;
  system_table table = trivium::system();
  replaced_system const in_force{table};
};

constexpr int all_shortages[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};

}  // namespace

BOOST_FIXTURE_TEST_CASE(out_of_descriptors_or_memory_it_waits_for_room_in_each_way, with_listener) {
  for (auto const way : all_ways) {
    for (int const code : all_shortages) {
      auto const far = calls();
      shortage const three_times{code, 3};
      BOOST_TEST(way(*this, {}).has_value());
      BOOST_TEST(shortage::accepts == 4);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(limits_end_the_wait_for_room_in_each_way, with_listener) {
  auto const far = calls();
  for (auto const way : all_ways) {
    shortage const lasts{EMFILE, 1'000'000};
    is_ended_by_limits(way);
  }
  BOOST_TEST(at->accept().is_open());  // the caller was kept
}

// It waits for time alone: its descriptor is readable all the while.
BOOST_FIXTURE_TEST_CASE(it_looks_for_room_ever_more_seldom_up_to_every_100_ms, with_listener) {
  auto const far = calls();
  scripted_time time;
  shortage const ten_times{EMFILE, 10};
  BOOST_TEST(blocking::accept(*at).has_value());
  std::vector<nanoseconds> sleeps;
  for (auto const& each : time.sleeps) {
    BOOST_TEST(each.on.fd == -1);
    sleeps.push_back(each.at_most.value());
  }
  std::vector<nanoseconds> const expected{1ms, 2ms, 4ms, 8ms, 16ms, 32ms, 64ms, 100ms, 100ms, 100ms};
  BOOST_TEST(sleeps == expected);
}

// The real thing: a process that has no descriptor left, until it has one again.
BOOST_FIXTURE_TEST_CASE(a_full_descriptor_table_keeps_the_caller_waiting_and_loses_nobody, with_listener) {
  auto const far = calls();
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  int const lowest_free = ::dup(at->native_handle());
  ::close(lowest_free);
  rlimit full = before;
  full.rlim_cur = static_cast<rlim_t>(lowest_free);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &full) == 0);
  auto const in_shortage = blocking::accept(*at, {.timeout = 5ms}).error();
  trivium::socket plain{::dup(0)};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  BOOST_TEST(!plain.is_open());
  BOOST_TEST(in_shortage == errc::timed_out);
  auto const near = at->accept();
  BOOST_REQUIRE(near.is_open());
  BOOST_TEST(near.remote_endpoint().value() == far.local_endpoint().value());
}

BOOST_FIXTURE_TEST_CASE(one_that_broke_before_it_was_accepted_is_passed_over_in_each_way, with_listener) {
  for (auto const way : all_ways) {
    for (int const code : {ECONNABORTED, EPROTO, ENETUNREACH}) {
      auto const far = calls();
      shortage const once{code, 1};
      BOOST_TEST(way(*this, {}).has_value());
      BOOST_TEST(shortage::accepts == 2);
    }
  }
}

// --- Its end.

BOOST_FIXTURE_TEST_CASE(closing_it_stops_an_accept_that_waits, with_listener) {
  async::accept(*at, tells());
  io.poll();
  at->close();
  BOOST_TEST(!at->is_open());
  run();
  BOOST_TEST(told.value() == errc::stopped);
  BOOST_TEST(told_by_accept() == kernels(EBADF));
}

BOOST_FIXTURE_TEST_CASE(closing_it_stops_an_accept_that_waits_for_room, with_listener) {
  shortage const lasts{EMFILE, 1'000'000};
  async::accept(*at, tells());
  io.poll();
  at->close();
  run();
  BOOST_TEST(told.value() == errc::stopped);
}

BOOST_FIXTURE_TEST_CASE(closing_it_stops_each_of_several_accepts, with_listener) {
  int stopped = 0;
  for (int i = 0; i != 3; ++i)
    async::accept(*at, [&](error_code error, trivium::socket) { stopped += error == errc::stopped; });
  io.poll();
  at->close();
  run();
  BOOST_TEST(stopped == 3);
}

BOOST_FIXTURE_TEST_CASE(several_accepts_take_a_caller_each, with_listener) {
  std::vector<trivium::socket> nears;
  for (int i = 0; i != 3; ++i)
    async::accept(*at, [&](error_code error, trivium::socket near) {
      BOOST_TEST(no_error(error));
      nears.push_back(std::move(near));
    });
  io.poll();
  std::vector<trivium::socket> fars;
  for (int i = 0; i != 3; ++i) fars.push_back(calls());
  run();
  BOOST_TEST(nears.size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(release_stops_what_waits_and_gives_the_socket_back, with_listener) {
  async::accept(*at, tells());
  io.poll();
  auto own = at->release();
  BOOST_TEST(!at->is_open());
  run();
  BOOST_TEST(told.value() == errc::stopped);
  auto const far = blocking::connect(own.local_endpoint().value()).value();
  asio::io_context elsewhere;  // and another loop may have it
  listener again{std::move(own), elsewhere.get_executor()};
  async::accept(again, tells());
  elsewhere.run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_FIXTURE_TEST_CASE(moved_it_keeps_its_mode_and_its_stop, with_listener) {
  std::stop_source source;
  at->set_timeout(3ms);
  at->set_stop(source.get_token());
  int const fd = at->native_handle();
  listener other = std::move(*at);
  BOOST_TEST(!at->is_open());
  BOOST_TEST(other.native_handle() == fd);
  BOOST_TEST(other.timeout() == 3ms);
  BOOST_TEST(other.stop() == source.get_token());
  *at = std::move(other);
  BOOST_TEST(at->native_handle() == fd);
  BOOST_TEST(at->timeout() == 3ms);
  BOOST_TEST(told_by_accept() == errc::timed_out);
}

// Asio's own waits work on it as on an Asio acceptor.
BOOST_FIXTURE_TEST_CASE(async_wait_tells_when_somebody_calls, with_listener) {
  bool called = false;
  at->async_wait(asio::socket_base::wait_read, [&](error_code error) { called = !error; });
  io.poll();
  BOOST_TEST(!called);
  auto const far = calls();
  run();
  BOOST_TEST(called);
}

BOOST_FIXTURE_TEST_CASE(any_completion_token_takes_the_socket, with_listener) {
  auto const far = calls();
  auto near = async::accept(*at, asio::use_future);
  run();
  BOOST_TEST(near.get().is_open());
}

// --- What programs call an Asio acceptor by.

BOOST_FIXTURE_TEST_CASE(it_is_made_step_by_step_as_asios_acceptor, with_listener) {
  listener made{io};
  BOOST_TEST(!made.is_open());
  made.open(asio::ip::tcp::v4());
  made.set_option(listener::reuse_address{true});
  made.bind(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0});
  made.listen(listener::max_listen_connections);
  auto const far = blocking::connect(made.local_endpoint().value()).value();
  BOOST_TEST(made.accept().is_open());
  error_code error;
  made.close(error);
  BOOST_TEST(no_error(error));
  made.listen(1, error);
  BOOST_TEST(error == asio::error::bad_descriptor);
  BOOST_CHECK_THROW(made.listen(), boost::system::system_error);
}

BOOST_FIXTURE_TEST_CASE(it_is_made_of_a_context_and_an_endpoint_at_once, with_listener) {
  asio::ip::tcp::endpoint const anywhere{asio::ip::address_v4::loopback(), 0};
  listener of_context{io, anywhere}, of_executor{io.get_executor(), anywhere};
  listener braced{io, {asio::ip::address_v4::loopback(), 0}};
  for (auto* const made : {&of_context, &of_executor, &braced}) {
    auto const far = blocking::connect(made->local_endpoint().value()).value();
    BOOST_TEST(made->accept().is_open());
  }
  asio::ip::tcp::endpoint const taken = of_context.local_endpoint().value();
  BOOST_CHECK_EXCEPTION((listener{io, taken}), boost::system::system_error,
                        [](auto const& thrown) { return thrown.code() == asio::error::address_in_use; });
}

BOOST_FIXTURE_TEST_CASE(it_hands_out_streams_on_the_executor_that_is_asked_for, with_listener) {
  asio::io_context elsewhere;
  error_code error;
  auto const first = calls(), second = calls(), third = calls();
  auto const near = at->accept();
  BOOST_TEST(near.is_open());
  BOOST_TEST(near.native_handle() >= 0);
  stream into{elsewhere};
  at->accept(into, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(into.get_executor() == elsewhere.get_executor());
  BOOST_TEST(into.remote_endpoint().value() == second.local_endpoint().value());
  auto of_other = at->accept(elsewhere.get_executor(), error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(of_other.get_executor() == elsewhere.get_executor());
  at->set_blocking(false);
  at->accept(into, error);
  BOOST_TEST(error == asio::error::would_block);
  BOOST_TEST(into.is_open());  // one that fails replaces nothing
  BOOST_CHECK_THROW(at->accept(), boost::system::system_error);
  BOOST_CHECK_THROW(at->accept(into), boost::system::system_error);
}

BOOST_FIXTURE_TEST_CASE(it_accepts_streams_asynchronously, with_listener) {
  asio::io_context elsewhere;
  std::optional<stream> near;
  auto const keeps = [&](error_code error, stream peer) {
    told = error;
    near.emplace(std::move(peer));
  };
  auto const first = calls();
  at->async_accept(keeps);
  BOOST_TEST(!told.has_value());
  run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(near->get_executor() == io.get_executor());
  BOOST_TEST(near->remote_endpoint().value() == first.local_endpoint().value());

  auto const second = calls();
  at->async_accept(elsewhere.get_executor(), keeps);
  run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(near->get_executor() == elsewhere.get_executor());

  auto const third = calls();
  stream into{io};
  at->async_accept(into, [&](error_code error) { told = error; });
  run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(into.remote_endpoint().value() == third.local_endpoint().value());

  at->async_accept(keeps);
  io.restart();
  io.poll();
  at->close();
  run();
  BOOST_TEST(told.value() == asio::error::operation_aborted);
  BOOST_TEST(!near->is_open());
}
