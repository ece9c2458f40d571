// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "parse.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>

namespace trivium::bench {

namespace {

namespace json = boost::json;
using error_code = boost::system::error_code;

/// Makes of what the parser finds a value, as the library's own handler does. The whole text is parsed in one
/// piece, so that every number is there as a whole.
struct handler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  json::value_stack made;

  bool on_document_begin(error_code&) {
    made.reset();
    return true;
  }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t n, error_code&) {
    made.push_object(n);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t n, error_code&) {
    made.push_array(n);
    return true;
  }
  bool on_key_part(json::string_view text, std::size_t, error_code&) {
    made.push_chars(text);
    return true;
  }
  bool on_key(json::string_view text, std::size_t, error_code&) {
    made.push_key(text);
    return true;
  }
  bool on_string_part(json::string_view text, std::size_t, error_code&) {
    made.push_chars(text);
    return true;
  }
  bool on_string(json::string_view text, std::size_t, error_code&) {
    made.push_string(text);
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    made.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    made.push_uint64(number);
    return true;
  }
  bool on_double(double, json::string_view text, error_code& error) {
    double exact = 0;
    auto const* const end = text.data() + text.size();
    auto const [stopped, wrong] = std::from_chars(text.data(), end, exact);
    if (wrong != std::errc{} || stopped != end) {
      error = json::error::exponent_overflow;
      return false;
    }
    made.push_double(exact);
    return true;
  }
  bool on_bool(bool is, error_code&) {
    made.push_bool(is);
    return true;
  }
  bool on_null(error_code&) {
    made.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

}  // namespace

parsed parse(std::string_view text) {
  parsed found;
  json::basic_parser<handler> parser{json::parse_options{}};
  found.at = parser.write_some(false, text.data(), text.size(), found.error);
  // A word or a number that is cut off is a wrong one, unless more could come.
  if (found.error && found.error != json::error::incomplete) {
    json::basic_parser<handler> more{json::parse_options{}};
    error_code error;
    more.write_some(true, text.data(), text.size(), error);
    if (!error) found.error = json::error::incomplete;
  }
  if (!found.error && found.at < text.size()) found.error = json::error::extra_data;
  if (!found.error) found.value = parser.handler().made.release();
  return found;
}

}  // namespace trivium::bench
