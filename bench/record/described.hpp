// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A value as JSON by its described members, and back, with a name for the place where it cannot be read. What
// Boost.JSON converts by itself it also refuses if a member more is there, and it knows no durations.
#pragma once

#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/mp11/algorithm.hpp>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "../steps/clock.hpp"

namespace trivium::bench {

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T>
concept described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// Durations are in seconds.
template <class T>
boost::json::value written(T const& from) {
  if constexpr (std::is_same_v<T, duration>) {
    return std::chrono::duration<double>(from).count();
  } else if constexpr (described<T>) {
    boost::json::object made;
    boost::mp11::mp_for_each<members_of<T>>(
        [&](auto member) { made[member.name] = written(from.*member.pointer); });
    return made;
  } else if constexpr (is_vector<T>) {
    boost::json::array made;
    for (auto const& each : from) made.push_back(written(each));
    return made;
  } else {
    return boost::json::value_from(from);
  }
}

[[noreturn]] inline void cannot_be_read(std::string const& where, std::string const& why) {
  throw std::runtime_error(where + ": " + why);
}

/// Members that `T` does not have are passed over. Throws `std::runtime_error` with the place, which is
/// `where` or stands in it, and what is wrong there.
template <class T>
void read(boost::json::value const& from, std::string const& where, T& into) {
  if constexpr (std::is_same_v<T, duration>) {
    double seconds = 0;
    read(from, where, seconds);
    constexpr auto longest = 1e6;
    if (!(std::abs(seconds) < longest)) cannot_be_read(where, "no time that a trial takes");
    into = duration(std::llround(seconds * 1e9));
  } else if constexpr (described<T>) {
    auto const* const object = from.if_object();
    if (object == nullptr) cannot_be_read(where, "not an object");
    boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
      auto const place = where + "." + member.name;
      auto const* const value = object->if_contains(member.name);
      if (value == nullptr) cannot_be_read(place, "is missing");
      read(*value, place, into.*member.pointer);
    });
  } else if constexpr (is_vector<T>) {
    auto const* const array = from.if_array();
    if (array == nullptr) cannot_be_read(where, "not an array");
    into.clear();
    for (auto const& each : *array) {
      auto const place = where + "[" + std::to_string(into.size()) + "]";
      read(each, place, into.emplace_back());
    }
  } else {
    auto const value = boost::json::try_value_to<T>(from);
    if (!value) cannot_be_read(where, value.error().message());
    into = *value;
  }
}

}  // namespace trivium::bench
