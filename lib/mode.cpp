// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <cerrno>
#include <trivium/mode.hpp>

namespace trivium {

error_code mode::set_timeout(time_span each) noexcept {
  if (each.length() < nanoseconds::zero()) return {EINVAL, boost::system::system_category()};
  each_ = each;
  return {};
}

std::optional<nanoseconds> mode::timeout() const noexcept {
  if (each_.for_ever()) return std::nullopt;
  return each_.length();
}

void mode::set_blocking(bool blocking) noexcept {
  each_ = blocking ? trivium::timeout{} : trivium::timeout{nanoseconds::zero()};
}

limits mode::ruling(limits call) const noexcept {
  if (call.timeout.for_ever() && !each_.never_waits()) call.timeout = each_;
  bool const waits = !call.timeout.never_waits() && !call.timeout.negative();
  if (deadline_ != time_point::max() && waits) {
    auto const lasts_longer = [&] { return call.timeout.from(now()) > deadline_; };
    if (call.timeout.for_ever() || lasts_longer()) call.timeout = until(deadline_);
  }
  if (!call.stop.given()) call.stop = stop_;
  return call;
}

}  // namespace trivium
