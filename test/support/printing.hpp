// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What Boost.Test prints of a value when a check fails: BOOST_TEST(sent.error == errc::timed_out). An enum is
// printed by its name once Boost.Describe knows it.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>
#include <system_error>
#include <trivium/channel.hpp>
#include <trivium/endpoint.hpp>
#include <trivium/operation.hpp>
#include <trivium/payload.hpp>
#include <trivium/transfer_result.hpp>
#include <vector>

namespace trivium {

BOOST_DESCRIBE_ENUM(progress, pending, yielded, done)
BOOST_DESCRIBE_ENUM(readiness, none, readable, writable, either)
BOOST_DESCRIBE_ENUM(may_block, no, until_some, until_all)
BOOST_DESCRIBE_ENUM(amount, some, all)
BOOST_DESCRIBE_ENUM(direction, send, receive)
BOOST_DESCRIBE_ENUM(attempt::outcome, moved, would_block, again, done, failed)

namespace test::printing {

template <class Enum>
concept described = boost::describe::has_describe_enumerators<Enum>::value;

template <described Enum>
void print(std::ostream& to, Enum const& what) {
  to << boost::describe::enum_to_string(what, "?");
}

/// Also of every enum that is one: errc, and Asio's.
inline void print(std::ostream& to, error_code const& error) {
  to << error << " (" << error.message() << ')';
}
inline void print(std::ostream& to, boost::system::error_condition const& error) {
  to << error << " (" << error.message() << ')';
}
inline void print(std::ostream& to, std::error_condition const& error) {
  to << error.category().name() << ':' << error.value() << " (" << error.message() << ')';
}
inline void print(std::ostream& to, boost::system::error_category const& category) {
  to << category.name();
}

inline void print(std::ostream& to, std::byte const& value) {
  to << static_cast<int>(value);
}
inline void print(std::ostream& to, endpoint const& at) {
  to << at.to_string();
}

template <class Rep, class Period>
void print(std::ostream& to, std::chrono::duration<Rep, Period> const& length) {
  auto const digits = to.precision(std::numeric_limits<double>::digits10 + 1);
  to << std::chrono::duration<double>{length}.count() << " s";
  to.precision(digits);
}
template <class Clock, class Duration>
void print(std::ostream& to, std::chrono::time_point<Clock, Duration> const& when) {
  print(to, when.time_since_epoch());
}

template <class Value>
void print(std::ostream& to, std::optional<Value> const& value) {
  if (value)
    to << boost::test_tools::tt_detail::print_helper(*value);
  else
    to << "none";
}

inline void print(std::ostream& to, transfer_result const& result) {
  to << result.bytes << " bytes, ";
  print(to, result.error);
  to << ", " << result.calls << " calls, " << result.would_blocks << " would block, " << result.waits
     << " waits of ";
  print(to, result.waited);
}

/// By its context.
inline void print(std::ostream& to, boost::asio::any_io_executor const& executor) {
  to << "executor of " << &boost::asio::query(executor, boost::asio::execution::context);
}

inline void print(std::ostream& to, std::stop_token const& token) {
  to << (token.stop_requested() ? "stop requested" : token.stop_possible() ? "stop possible" : "no stop");
}

template <class Value>
concept printable = requires(std::ostream& to, Value const& value) {
  print(to, value);
};

}  // namespace test::printing
}  // namespace trivium

namespace boost::test_tools::tt_detail {

template <trivium::test::printing::printable Value>
struct print_log_value<Value> {
  void operator()(std::ostream& to, Value const& value) { trivium::test::printing::print(to, value); }
};

}  // namespace boost::test_tools::tt_detail

// Element by element.
BOOST_TEST_SPECIALIZED_COLLECTION_COMPARE(std::vector<std::size_t>)
BOOST_TEST_SPECIALIZED_COLLECTION_COMPARE(std::vector<std::string>)
BOOST_TEST_SPECIALIZED_COLLECTION_COMPARE(std::vector<std::chrono::nanoseconds>)

namespace trivium::test {

/// That there is no error; else the failure shows it.
inline boost::test_tools::assertion_result no_error(error_code const& error) {
  boost::test_tools::assertion_result holds{!error};
  if (error) holds.message() << boost::test_tools::tt_detail::print_helper(error);
  return holds;
}
inline boost::test_tools::assertion_result no_error(transfer_result const& result) {
  boost::test_tools::assertion_result holds{!result.error};
  if (result.error) holds.message() << boost::test_tools::tt_detail::print_helper(result);
  return holds;
}

/// That memory holds the same bytes; else the failure shows where they begin to differ.
template <class Bytes>
boost::test_tools::assertion_result same(Bytes const& found, Bytes const& expected) {
  bool const equal = found == expected;
  boost::test_tools::assertion_result holds{equal};
  if (!equal) {
    auto const begin = std::begin(found);
    auto const differs =
        std::mismatch(begin, std::end(found), std::begin(expected), std::end(expected)).first;
    holds.message() << std::size(found) << " bytes, where " << std::size(expected)
                    << " are expected; they differ from byte " << differs - begin << " on";
  }
  return holds;
}

}  // namespace trivium::test
