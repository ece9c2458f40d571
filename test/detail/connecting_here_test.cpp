// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/connecting_here.hpp>

#include <fcntl.h>

#include <unistd.h>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <memory>
#include <optional>
#include <printing.hpp>
#include <string>
#include <transports.hpp>
#include <trivium/stream.hpp>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
namespace asio = boost::asio;
using ip_tcp = asio::ip::tcp;

namespace {

struct not_open {
  trivium::socket listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  ip_tcp::endpoint const at = listening.local_endpoint().value();
  // Nobody listens there any more.
  ip_tcp::endpoint const nobody =
      listen(endpoint::tcp("127.0.0.1", 0).value()).value().local_endpoint().value();
  asio::io_context io;
  stream near{io};
  error_code error = asio::error::in_progress;
  std::optional<error_code> told;

  auto tells() {
    return [this](error_code why) { told = why; };
  }
  void run() {
    io.restart();
    io.run_for(1min);
  }
  bool reaches() {
    auto far = blocking::accept(listening, {.timeout = 1min}).value();
    std::string into(1, '?');
    return blocking::send_all(near, "x"s).bytes == 1 && blocking::receive_all(far, into).bytes == 1;
  }
};

bool is_nonblocking(int descriptor) {
  return (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0;
}

// A connect that stays under way until it is told to go on.
struct held_connects {
  held_connects() {
    table.connect = [](int descriptor, sockaddr const* to, socklen_t size) {
      if (!held) return kernel.connect(descriptor, to, size);
      errno = EINPROGRESS;
      return -1;
    };
    in_force.emplace(table);
    held = true;
  }
  inline static bool held = false;
  system_table table = kernel;
  std::optional<replaced_system> in_force;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_stream_that_is_not_open_connects, not_open) {
  BOOST_TEST(!near.is_open());
  near.connect(at, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(reaches());
  BOOST_TEST(!is_nonblocking(near.native_handle()));
}

BOOST_FIXTURE_TEST_CASE(asynchronously_too, not_open) {
  near.async_connect(at, tells());
  BOOST_TEST(!told.has_value());
  run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(reaches());
}

BOOST_FIXTURE_TEST_CASE(what_was_set_between_open_and_connect_holds, not_open) {
  near.open(ip_tcp::v4());
  int const descriptor = near.native_handle();
  near.set_option(ip_tcp::no_delay{true});
  near.bind(ip_tcp::endpoint{asio::ip::address_v4::loopback(), 0});
  auto const from = near.local_endpoint().value();
  near.connect(at);
  BOOST_TEST(near.native_handle() == descriptor);
  BOOST_TEST(near.local_endpoint().value() == from);
  ip_tcp::no_delay is_set;
  near.get_option(is_set);
  BOOST_TEST(is_set.value());
  near.open(ip_tcp::v4(), error);
  BOOST_TEST(error == asio::error::already_started);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_the_kernels_and_the_next_connect_goes_on, not_open) {
  near.connect(nobody, error);
  BOOST_TEST(error == asio::error::connection_refused);
  BOOST_CHECK_EXCEPTION(near.connect(nobody), boost::system::system_error,
                        [](auto const& thrown) { return thrown.code() == asio::error::connection_refused; });
  near.async_connect(nobody, tells());
  run();
  BOOST_TEST(told.value() == asio::error::connection_refused);
  near.close();
  near.connect(at);
  BOOST_TEST(reaches());
}

BOOST_FIXTURE_TEST_CASE(of_several_the_first_that_answers_is_connected, not_open) {
  std::vector<ip_tcp::endpoint> const several{nobody, at, nobody};
  BOOST_TEST(near.connect(several) == at);
  BOOST_TEST(reaches());
  BOOST_TEST(asio::connect(near, several, error) == at);
  BOOST_TEST(no_error(error));
  BOOST_TEST(reaches());
  BOOST_TEST(asio::connect(near, std::array{at}) == at);
  BOOST_TEST(reaches());
  std::optional<ip_tcp::endpoint> reached;
  asio::async_connect(near, several, [&](error_code why, ip_tcp::endpoint const& which) {
    told = why;
    reached = which;
  });
  run();
  BOOST_TEST(no_error(told.value()));
  BOOST_TEST(reached.value() == at);
  BOOST_TEST(reaches());
}

BOOST_FIXTURE_TEST_CASE(the_results_of_a_resolver_are_taken_as_they_are, not_open) {
  auto const results = ip_tcp::resolver{io}.resolve("127.0.0.1", std::to_string(at.port()));
  BOOST_TEST(asio::connect(near, results) == at);
  BOOST_TEST(reaches());
  auto connected = asio::async_connect(near, results, asio::use_future);
  run();
  BOOST_TEST(connected.get() == at);
  BOOST_TEST(reaches());
}

BOOST_FIXTURE_TEST_CASE(of_none_that_answers_it_is_the_last_ones_error, not_open) {
  asio::connect(near, std::vector{nobody, nobody}, error);
  BOOST_TEST(error == asio::error::connection_refused);
  asio::connect(near, std::vector<ip_tcp::endpoint>{}, error);
  BOOST_TEST(error == asio::error::not_found);
  near.async_connect(std::vector{nobody, nobody}, [&](error_code why, ip_tcp::endpoint) { told = why; });
  run();
  BOOST_TEST(told.value() == asio::error::connection_refused);
  told.reset();
  near.async_connect(std::vector<ip_tcp::endpoint>{}, [&](error_code why, ip_tcp::endpoint) { told = why; });
  BOOST_TEST(!told.has_value());  // not inside the call
  run();
  BOOST_TEST(told.value() == asio::error::not_found);
}

BOOST_FIXTURE_TEST_CASE(its_mode_ends_a_connect_and_another_goes_on, not_open) {
  held_connects seam;
  near.set_timeout(2ms);
  near.connect(at, error);
  BOOST_TEST(error == asio::error::timed_out);
  BOOST_TEST(error == errc::timed_out);
  near.async_connect(at, tells());
  run();
  BOOST_TEST(told.value() == errc::timed_out);
  asio::connect(near, std::vector{at, at}, error);  // no next one: the time is over
  BOOST_TEST(error == errc::timed_out);
  near.set_blocking(false);
  near.connect(at, error);
  BOOST_TEST(error == asio::error::would_block);
  near.set_blocking(true);
  seam.held = false;
  near.connect(at, error);
  BOOST_TEST(no_error(error));
  BOOST_TEST(reaches());
}

// "Close the socket to cancel the outstanding asynchronous operation": Asio's example blocking_tcp_client.
BOOST_FIXTURE_TEST_CASE(closed_or_cancelled_or_destroyed_it_ends_a_connect, not_open) {
  held_connects seam;
  auto const two = std::vector{at, at};
  auto there = std::make_unique<stream>(io);
  void (*const ends[])(std::unique_ptr<stream>&) = {
      [](std::unique_ptr<stream>& of) { of->close(); },
      [](std::unique_ptr<stream>& of) { of->cancel(); },
      [](std::unique_ptr<stream>& of) { of.reset(); },
  };
  for (auto const end : ends) {
    for (bool const several : {false, true}) {
      there = std::make_unique<stream>(io);
      told.reset();
      if (several)
        there->async_connect(two, [&](error_code why, ip_tcp::endpoint) { told = why; });
      else
        there->async_connect(at, tells());
      io.restart();
      io.poll_one();  // and not poll: the kernel takes a socket that does not connect for ready
      BOOST_TEST(!told.has_value());
      end(there);
      run();
      BOOST_REQUIRE(told.has_value());
      BOOST_TEST(*told == asio::error::operation_aborted);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_cancellation_slot_ends_a_connect_at_every_type, not_open) {
  held_connects seam;
  for (auto const type : {asio::cancellation_type::total, asio::cancellation_type::partial,
                          asio::cancellation_type::terminal}) {
    asio::cancellation_signal signal;
    told.reset();
    near.async_connect(at, asio::bind_cancellation_slot(signal.slot(), tells()));
    io.restart();
    io.poll_one();
    signal.emit(type);
    run();
    BOOST_REQUIRE(told.has_value());
    BOOST_TEST(*told == asio::error::operation_aborted);
  }
}

BOOST_FIXTURE_TEST_CASE(it_connects_to_unix_sockets_too, not_open) {
  auto const name = endpoint::local("\0trivium connecting_here_test "s + std::to_string(::getpid())).value();
  auto const server = listen(name).value();
  near.connect(name, error);
  BOOST_TEST(no_error(error));
  asio::local::stream_protocol::endpoint const of_asio = name;
  stream other{io};
  other.async_connect(of_asio, tells());
  run();
  BOOST_TEST(no_error(told.value()));
}

BOOST_FIXTURE_TEST_CASE(without_a_descriptor_to_be_had_it_says_so, not_open) {
  auto table = kernel;
  table.socket = [](int, int, int) {
    errno = EMFILE;
    return -1;
  };
  replaced_system const in_force{table};
  near.connect(at, error);
  BOOST_TEST(error == asio::error::no_descriptors);
  near.async_connect(at, tells());
  run();
  BOOST_TEST(told.value() == asio::error::no_descriptors);
}

// A refusal on loopback ends the first attempt at once, and is told later.
BOOST_FIXTURE_TEST_CASE(lost_between_two_addresses_it_goes_on_to_neither, not_open) {
  void (*const ends[])(std::unique_ptr<stream>&, asio::cancellation_signal&) = {
      [](std::unique_ptr<stream>& of, asio::cancellation_signal&) { of->close(); },
      [](std::unique_ptr<stream>& of, asio::cancellation_signal&) { of->cancel(); },
      [](std::unique_ptr<stream>& of, asio::cancellation_signal&) { of.reset(); },
      [](std::unique_ptr<stream>& of, asio::cancellation_signal&) {
        of = std::make_unique<stream>(std::move(*of));
      },
      [](std::unique_ptr<stream>&, asio::cancellation_signal& cancel) {
        cancel.emit(asio::cancellation_type::terminal);
      },
  };
  for (auto const end : ends) {
    told.reset();
    asio::cancellation_signal cancel;
    auto there = std::make_unique<stream>(io);
    there->async_connect(
        std::vector{nobody, at},
        asio::bind_cancellation_slot(cancel.slot(), [&](error_code why, ip_tcp::endpoint) { told = why; }));
    end(there, cancel);
    run();
    BOOST_REQUIRE(told.has_value());
    BOOST_TEST(*told == asio::error::operation_aborted);
    BOOST_TEST((there == nullptr || !there->remote_endpoint().has_value()));
  }
}

// As `connecting`: see connecting_test.
BOOST_FIXTURE_TEST_CASE(a_stream_that_meets_itself_is_refused_and_free_to_try_again, not_open) {
  near.open(ip_tcp::v4());
  near.set_option(stream::reuse_address{true});
  near.bind(nobody);
  near.connect(nobody, error);
  BOOST_TEST(error == asio::error::connection_refused);
  BOOST_TEST(!near.remote_endpoint().has_value());
  near.connect(at, error);
  BOOST_TEST(no_error(error));
}
