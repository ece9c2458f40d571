// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/error.hpp>

#include <boost/asio/error.hpp>
#include <string_view>

namespace trivium {
namespace {

using namespace std::string_view_literals;

constexpr char limit_category_name[] = "trivium.limit";

// The categories of other libraries are recognised by name: the libraries need not be linked, and a program
// may hold several copies of them.
bool is_beasts_timeout(boost::system::error_category const& of, int value) noexcept {
  return value == 1 && of.name() == "boost.beast"sv;  // beast::error::timeout, beast::condition::timeout
}

bool is_timeout(boost::system::error_condition const& condition) noexcept {
  return condition == boost::system::errc::timed_out ||
         is_beasts_timeout(condition.category(), condition.value());
}

// The errc that corresponds to another library's error; 0 if there is none.
errc ours(error_code const& error) noexcept {
  auto const& of = error.category();
  if (of.name() == std::string_view{limit_category_name}) return errc::timed_out;
  if (of == boost::system::system_category()) {
    if (error.value() == boost::asio::error::would_block || error.value() == boost::asio::error::try_again)
      return errc::would_block;
    if (error.value() == boost::asio::error::operation_aborted) return errc::stopped;
  }
  if (error == boost::asio::error::eof) return errc::end_of_file;
  if (is_beasts_timeout(of, error.value())) return errc::timed_out;
  // ssl::error::stream_truncated
  if (of.name() == "asio.ssl.stream"sv && error.value() == 1) return errc::truncated;
  return errc{};
}

// Boost.System compares categories by this number, so the categories of several copies of the library in one
// process are the same.
class trivium_category final : public boost::system::error_category {
 public:
  constexpr trivium_category() noexcept : error_category{0x9d2c5f1a7b3e6048} {}

  char const* name() const noexcept override { return "trivium"; }

  std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::would_block:
        return "the operation would have to wait";
      case errc::timed_out:
        return "the operation's time limit passed";
      case errc::stalled:
        return "no progress within the stall limit";
      case errc::too_slow:
        return "slower than the rate limit";
      case errc::stopped:
        return "the operation was stopped";
      case errc::end_of_file:
        return "the peer has finished sending";
      case errc::truncated:
        return "the connection ended without the peer's close_notify: what was received may be cut short";
      case errc::session_broken:
        return "an earlier error has ended this session: connect anew";
      case errc::no_thread:
        return "no thread could be started: the system is short of memory, or a limit on threads is reached";
      case errc::source_ended:
        return "the source ended before all that was to be sent: a file may have been shortened meanwhile";
      case errc::function_threw:
        return "the function that makes or uses the bytes has thrown an exception";
    }
    return "unknown trivium error " + std::to_string(code);
  }

  boost::system::error_condition default_error_condition(int code) const noexcept override {
    using namespace boost::system::errc;
    switch (static_cast<errc>(code)) {
      case errc::would_block:
        return make_error_condition(operation_would_block);
      case errc::timed_out:
        return make_error_condition(timed_out);
      case errc::stopped:
        return make_error_condition(operation_canceled);
      case errc::end_of_file:
        return {boost::asio::error::eof, boost::asio::error::get_misc_category()};
      default:
        return {code, *this};
    }
  }

  bool equivalent(int code, boost::system::error_condition const& condition) const noexcept override {
    if (static_cast<errc>(code) == errc::timed_out) return is_timeout(condition);
    return error_category::equivalent(code, condition);
  }
};

// The category with which a stream's own call reports that a limit of the caller has passed. The error is
// equal to asio::error::timed_out, and yet distinguishable from the kernel's, which Linux reports for a dead
// connection too. The number of this category is the system category's, and Boost.System compares by the
// number (error_category::operator==). Its name is another.
class limit_category final : public boost::system::error_category {
 public:
  constexpr limit_category() noexcept : error_category{boost::system::detail::system_category_id} {}

  char const* name() const noexcept override { return limit_category_name; }
  std::string message(int) const override { return category().message(static_cast<int>(errc::timed_out)); }
  boost::system::error_condition default_error_condition(int) const noexcept override {
    return make_error_condition(boost::system::errc::timed_out);
  }
  bool equivalent(int, boost::system::error_condition const& condition) const noexcept override {
    return is_timeout(condition);
  }
};

}  // namespace

boost::system::error_category const& category() noexcept {
  static trivium_category const instance;
  return instance;
}

error_code as_asio_error(error_code error) noexcept {
  static limit_category const limit;
  if (!error || error.category() != category()) return error;
  switch (static_cast<errc>(error.value())) {
    case errc::would_block:
      return boost::asio::error::would_block;
    case errc::timed_out:
    case errc::stalled:
    case errc::too_slow:
      return {boost::asio::error::timed_out, limit};
    case errc::stopped:
      return boost::asio::error::operation_aborted;
    case errc::end_of_file:
      return boost::asio::error::eof;
    case errc::truncated:
    case errc::session_broken:
    case errc::no_thread:
    case errc::source_ended:
    case errc::function_threw:
      break;
  }
  return error;
}

bool operator==(error_code const& error, errc what) noexcept {
  if (error.category() == category()) return error.value() == static_cast<int>(what);
  return error.failed() && ours(error) == what;
}

bool out_of_resources(error_code const& error) noexcept {
  if (error == errc::no_thread) return true;
  if (error.category() != boost::system::system_category()) return false;
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system ||
         error == boost::system::errc::no_buffer_space || error == boost::system::errc::not_enough_memory;
}

}  // namespace trivium
