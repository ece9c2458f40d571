// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <new>
#include <trivium/mode.hpp>

namespace trivium {

namespace {

bool refused(bool invalid, error_code& error) noexcept {
  error = invalid ? error_code{EINVAL, boost::system::system_category()} : error_code{};
  return invalid;
}

template <class Set>
void or_throw(Set set) {
  error_code error;
  set(error);
  if (error) throw boost::system::system_error{error};
}

}  // namespace

void mode::set_timeout(time_span each) {
  or_throw([&](error_code& error) { set_timeout(each, error); });
}
void mode::set_timeout(time_span each, error_code& error) noexcept {
  set_read_timeout(each, error);
  if (!error) set_write_timeout(each, error);
}

void mode::set_read_timeout(time_span each) {
  or_throw([&](error_code& error) { set_read_timeout(each, error); });
}
void mode::set_read_timeout(time_span each, error_code& error) noexcept {
  if (refused(each.length() < nanoseconds::zero(), error)) return;
  held_.read = each;
  changed();
}

void mode::set_write_timeout(time_span each) {
  or_throw([&](error_code& error) { set_write_timeout(each, error); });
}
void mode::set_write_timeout(time_span each, error_code& error) noexcept {
  if (refused(each.length() < nanoseconds::zero(), error)) return;
  held_.write = each;
  changed();
}

void mode::set_idle_timeout(time_span length) {
  or_throw([&](error_code& error) { set_idle_timeout(length, error); });
}
void mode::set_idle_timeout(time_span length, error_code& error) noexcept {
  if (refused(length.length() <= nanoseconds::zero(), error)) return;
  try {
    if (!held_.idle.of && !length.for_ever()) held_.idle.of = std::make_shared<last_movement>();
  } catch (std::bad_alloc const&) {
    error = {ENOMEM, boost::system::system_category()};
    return;
  }
  held_.idle.longest = length;
  changed();
}

std::optional<nanoseconds> mode::length_of(time_span span) noexcept {
  if (span.for_ever()) return std::nullopt;
  return span.length();
}

void mode::set_blocking(bool blocking) noexcept {
  held_.read = held_.write = blocking ? time_span{} : time_span{nanoseconds::zero()};
  changed();
}

void mode::changed() noexcept {
  held_.set = true;
  held_.ends_something = !held_.read.for_ever() || !held_.write.for_ever() ||
                         !held_.idle.longest.for_ever() || held_.deadline != time_point::max() ||
                         held_.stop.stop_possible();
}

limits mode::ruling(limits call, time_span each) const noexcept {
  if (call.timeout.for_ever() && !never(each)) call.timeout = each;
  bool const waits = !call.timeout.never_waits() && !call.timeout.negative();
  if (held_.deadline != time_point::max() && waits) {
    auto const lasts_longer = [&] { return call.timeout.from(now()) > held_.deadline; };
    if (call.timeout.for_ever() || lasts_longer()) call.timeout = until(held_.deadline);
  }
  if (!held_.idle.longest.for_ever()) call.idle = held_.idle;
  if (!call.stop.given() && held_.stop.stop_possible()) call.stop = held_.stop;
  return call;
}

}  // namespace trivium
