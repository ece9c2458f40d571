// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/readiness.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <printing.hpp>
#include <transports.hpp>
#include <trivium/stream.hpp>
#include <utility>

using namespace trivium;
using namespace trivium::test;
namespace asio = boost::asio;

namespace {

interest const readable{-1, readiness::readable};

// Two ends that are on no loop yet.
struct unjoined {
  std::pair<trivium::socket, trivium::socket> ends = tcp_pair();
  asio::io_context io;
};

}  // namespace

BOOST_AUTO_TEST_CASE(only_a_wait_that_somebody_else_cancelled_is_a_stop) {
  BOOST_TEST(detail::wait_failed(asio::error::operation_aborted) == errc::stopped);
  BOOST_TEST(detail::wait_failed(EBADF).value() == EBADF);
}

BOOST_AUTO_TEST_CASE(what_is_triviums_own_is_registered_and_the_rest_borrowed) {
  static_assert(detail::owns_registrations<trivium::socket>);
  static_assert(std::is_same_v<detail::registration_for<stream>, detail::shared_registration<stream>>);
  static_assert(std::is_same_v<detail::registration_for<asio::ip::tcp::socket>,
                               detail::borrowed_registration<asio::ip::tcp::socket>>);
  static_assert(!detail::owns_registrations<asio::ip::tcp::acceptor>);
  BOOST_TEST(detail::wait_type(readiness::either) == asio::socket_base::wait_read);
}

// An operation that waits keeps the executor of a connection that it has lost.
BOOST_FIXTURE_TEST_CASE(a_place_that_lost_its_connection_still_has_its_executor, unjoined) {
  std::optional<stream> near{std::in_place, std::move(ends.first), io.get_executor()};
  detail::shared_registration<stream> place{*near};
  BOOST_REQUIRE(!place.attach(readable));
  BOOST_TEST(!place.lost());
  near.reset();
  BOOST_TEST(place.lost());
  BOOST_TEST(place.gone());
  BOOST_TEST(place.get_executor() == io.get_executor());
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_connection_is_lost_to_those_that_waited_and_not_gone, unjoined) {
  stream near{std::move(ends.first), io.get_executor()};
  detail::shared_registration<stream> before{near};
  BOOST_REQUIRE(!before.attach(readable));
  near.cancel();
  detail::shared_registration<stream> after{near};
  BOOST_REQUIRE(!after.attach(readable));
  BOOST_TEST(before.lost());
  BOOST_TEST(!before.gone());
  BOOST_TEST(!after.lost());
}

BOOST_FIXTURE_TEST_CASE(a_closed_connection_has_no_place, unjoined) {
  stream near{std::move(ends.first), io.get_executor()};
  near.close();
  detail::shared_registration<stream> place{near};
  BOOST_TEST(place.attach(readable) == EBADF);
}

BOOST_FIXTURE_TEST_CASE(a_given_place_is_lost_with_its_socket, unjoined) {
  detail::named_registration place{&ends.first, io.get_executor()};
  BOOST_REQUIRE(!place.attach(readable));
  BOOST_TEST(!place.lost());
  ends.first.close();
  BOOST_TEST(place.lost());
}

BOOST_FIXTURE_TEST_CASE(an_own_place_takes_the_next_descriptor_once_it_has_left_the_last, unjoined) {
  detail::transient_registration place{io.get_executor()};
  for (auto* const end : {&ends.first, &ends.second}) {
    interest const to_write{end->native_handle(), readiness::writable};
    BOOST_REQUIRE(!place.attach(to_write));
    std::optional<error_code> told;
    place.async_wait(to_write, [&](error_code error) { told = error; });
    io.restart();
    io.run();
    BOOST_TEST(no_error(told.value()));
    place.leave();
  }
}
