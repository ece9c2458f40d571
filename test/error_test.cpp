// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/error.hpp>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <printing.hpp>
#include <set>
#include <string>
#include <trivium/blocking.hpp>

using namespace trivium;
namespace generic = boost::system::errc;
namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr errc all_errors[] = {errc::would_block, errc::timed_out,      errc::stalled,
                               errc::truncated,   errc::too_slow,       errc::stopped,
                               errc::end_of_file, errc::session_broken, errc::no_thread};

}  // namespace

BOOST_AUTO_TEST_CASE(our_errors_are_errors_of_our_category) {
  for (auto const each : all_errors) {
    error_code const error = each;
    BOOST_TEST(error.failed());
    BOOST_TEST(error.category() == category());
    BOOST_TEST(error.value() == static_cast<int>(each));
  }
  BOOST_TEST(category().name() == std::string{"trivium"});
}

BOOST_AUTO_TEST_CASE(each_error_has_words_of_its_own) {
  std::set<std::string> messages;
  for (auto const each : all_errors) messages.insert(error_code{each}.message());
  BOOST_TEST(messages.size() == std::size(all_errors));
  BOOST_TEST(messages.count("") == 0u);
  BOOST_TEST(category().message(99).find("99") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(as_conditions_they_equal_the_generic_ones) {
  BOOST_TEST(error_code{errc::would_block} == generic::operation_would_block);
  BOOST_TEST(error_code{errc::timed_out} == generic::timed_out);
  BOOST_TEST(error_code{errc::stopped} == generic::operation_canceled);
  BOOST_TEST(error_code{errc::stalled} != generic::timed_out);
  BOOST_TEST(error_code{errc::too_slow} != generic::timed_out);
}

BOOST_AUTO_TEST_CASE(end_of_file_is_asios_as_a_condition) {
  boost::system::error_condition const eof{boost::asio::error::eof, boost::asio::error::get_misc_category()};
  BOOST_TEST(error_code{errc::end_of_file} == eof);
  BOOST_TEST(error_code{errc::stopped} != eof);
}

BOOST_AUTO_TEST_CASE(the_standard_librarys_conditions_hold_too) {
  std::error_code const timed_out = error_code{errc::timed_out};
  std::error_code const stopped = error_code{errc::stopped};
  BOOST_TEST(timed_out == std::errc::timed_out);
  BOOST_TEST(stopped == std::errc::operation_canceled);
}

// docs/errors.md, line by line: the errc, and what others have for it.
BOOST_AUTO_TEST_CASE(what_others_call_it_is_the_same_error_both_ways_round) {
  struct line {
    errc ours;
    error_code theirs;
  };
  line const table[] = {
      {errc::would_block, asio::error::would_block},
      {errc::would_block, asio::error::try_again},
      {errc::stopped, asio::error::operation_aborted},
      {errc::end_of_file, asio::error::eof},
      {errc::timed_out, beast::error::timeout},
      {errc::timed_out, as_asio_error(errc::timed_out)},
      {errc::timed_out, as_asio_error(errc::stalled)},
      {errc::stopped, as_asio_error(errc::stopped)},
      {errc::would_block, as_asio_error(errc::would_block)},
      {errc::end_of_file, as_asio_error(errc::end_of_file)},
  };
  for (auto const& [ours, theirs] : table) {
    for (auto const each : all_errors) {
      BOOST_TEST_CONTEXT(error_code{ours}.message()
                         << " and " << theirs.message() << ", asked for " << error_code{each}.message()) {
        BOOST_TEST((theirs == each) == (each == ours));
        BOOST_TEST((each == theirs) == (each == ours));
        BOOST_TEST((theirs != each) == (each != ours));
        BOOST_TEST((each != theirs) == (each != ours));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_error_of_others_that_we_have_no_name_for_is_none_of_ours) {
  for (auto const each : all_errors) {
    for (error_code const& other :
         {error_code{}, error_code{asio::error::connection_reset}, error_code{asio::error::timed_out},
          error_code{asio::error::already_open}, error_code{asio::error::host_not_found},
          error_code{static_cast<int>(each), boost::system::generic_category()}}) {
      BOOST_TEST(other != each);
      BOOST_TEST(each != other);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_limit_told_as_asios_error_is_every_ones_timeout_but_not_the_kernels) {
  auto const told = as_asio_error(errc::timed_out);
  BOOST_TEST(told.failed());
  BOOST_TEST(told == asio::error::timed_out);
  BOOST_TEST(asio::error::timed_out == told);
  BOOST_TEST(told == generic::timed_out);
  BOOST_TEST(told == beast::condition::timeout);
  BOOST_TEST(told == errc::timed_out);
  BOOST_TEST(told != asio::error::connection_reset);
  BOOST_TEST(told != generic::operation_canceled);
  BOOST_TEST(told.message() == error_code{errc::timed_out}.message());
  std::error_code const standards = told;
  BOOST_TEST(standards == std::errc::timed_out);
}

BOOST_AUTO_TEST_CASE(our_timed_out_is_beasts_condition) {
  BOOST_TEST(error_code{errc::timed_out} == beast::condition::timeout);
  for (auto const each : all_errors)
    BOOST_TEST((error_code{each} == beast::condition::timeout) == (each == errc::timed_out));
}

// The kernel's ETIMEDOUT says that the connection is dead, ours that it is not.
BOOST_AUTO_TEST_CASE(kernel_etimedout_is_not_our_timed_out) {
  error_code const kernels{ETIMEDOUT, boost::system::system_category()};
  BOOST_TEST(kernels != errc::timed_out);
  BOOST_TEST(error_code{boost::asio::error::timed_out} != errc::timed_out);

  test::faults seam{[](test::moving_call const&) { return test::fault{.error = ETIMEDOUT}; }};
  trivium::socket anything{0};
  std::array<std::byte, 1> bytes{};
  for (auto const& result : {blocking::send_all(anything, bytes, {.timeout = std::chrono::hours{1}}),
                             blocking::receive_all(anything, bytes, {.timeout = std::chrono::hours{1}})}) {
    BOOST_TEST(result.error == kernels);
    BOOST_TEST(result.error != errc::timed_out);
    BOOST_TEST(!result.connection_usable());
  }
  BOOST_TEST(anything.release() == 0);
  BOOST_TEST((transfer_result{.bytes = 0, .error = errc::timed_out}.connection_usable()));
}

BOOST_AUTO_TEST_CASE(out_of_resources_is_what_may_succeed_later_and_no_wait) {
  for (int const code : {EMFILE, ENFILE, ENOBUFS, ENOMEM})
    BOOST_TEST(out_of_resources({code, boost::system::system_category()}));
  BOOST_TEST(out_of_resources(errc::no_thread));
  BOOST_TEST(error_code{errc::no_thread} != generic::resource_unavailable_try_again);
  for (int const code : {EAGAIN, ECONNREFUSED, EINVAL})
    BOOST_TEST(!out_of_resources({code, boost::system::system_category()}));
  BOOST_TEST(!out_of_resources(errc::would_block));
  BOOST_TEST(!out_of_resources({}));
  BOOST_TEST((transfer_result{.bytes = 0, .error = errc::no_thread}.connection_usable()));
}

BOOST_AUTO_TEST_CASE(a_result_is_a_thing_or_an_error) {
  result<int> const thing{7};
  result<int> const none{errc::timed_out};
  BOOST_TEST(thing.value() == 7);
  BOOST_TEST(none.error() == errc::timed_out);
  BOOST_CHECK_THROW(none.value(), boost::system::system_error);
}
