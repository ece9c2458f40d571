// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/transfer_result.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <printing.hpp>
#include <string>

using namespace trivium;

namespace {

transfer_result ended_by(error_code error) {
  return {.bytes = 42, .error = error, .calls = 7};
}
error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(value_is_the_bytes_when_there_is_no_error) {
  BOOST_TEST(ended_by({}).value() == 42u);
}

BOOST_AUTO_TEST_CASE(value_throws_what_carries_the_whole_result) {
  try {
    static_cast<void>(ended_by(errc::stalled).value());
    BOOST_FAIL("no exception");
  } catch (transfer_error const& error) {
    BOOST_TEST(error.code() == errc::stalled);
    BOOST_TEST(error.result().bytes == 42u);
    BOOST_TEST(error.result().calls == 7u);
    BOOST_TEST(std::string{error.what()}.find("42 bytes") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_connection_is_usable_after_success_and_after_every_limit) {
  BOOST_TEST(ended_by({}).connection_usable());
  for (auto const each : {errc::would_block, errc::timed_out, errc::stalled, errc::too_slow, errc::stopped})
    BOOST_TEST(ended_by(each).connection_usable());
}

BOOST_AUTO_TEST_CASE(a_connection_is_not_usable_after_its_end) {
  for (auto const each : {errc::end_of_file, errc::truncated, errc::session_broken})
    BOOST_TEST(!ended_by(each).connection_usable());
  for (int const code : {ECONNRESET, EPIPE, ETIMEDOUT, ENOTCONN, EBADF, EHOSTUNREACH})
    BOOST_TEST(!ended_by(kernels(code)).connection_usable());
}

BOOST_AUTO_TEST_CASE(an_error_of_the_call_leaves_the_connection_usable) {
  for (int const code : {ENOBUFS, ENOMEM, EMFILE, ENFILE, EINVAL})
    BOOST_TEST(ended_by(kernels(code)).connection_usable());
}

BOOST_AUTO_TEST_CASE(a_foreign_error_with_a_friendly_number_does_not_leave_it_usable) {
  struct foreign final : boost::system::error_category {
    char const* name() const noexcept override { return "foreign"; }
    std::string message(int) const override { return "foreign"; }
  };
  static foreign const somebody_elses;
  BOOST_TEST(!ended_by({ENOBUFS, somebody_elses}).connection_usable());
}
