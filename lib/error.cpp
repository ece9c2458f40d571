// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/error.hpp>

#include <boost/asio/error.hpp>

namespace trivium {
namespace {

class trivium_category final : public boost::system::error_category {
 public:
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
};

}  // namespace

boost::system::error_category const& category() noexcept {
  static trivium_category const instance;
  return instance;
}

bool out_of_resources(error_code const& error) noexcept {
  if (error == errc::no_thread) return true;
  if (error.category() != boost::system::system_category()) return false;
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system ||
         error == boost::system::errc::no_buffer_space || error == boost::system::errc::not_enough_memory;
}

}  // namespace trivium
