// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "catalogue.hpp"

#include <algorithm>

namespace trivium::bench {

namespace {

template <class T>
T const* named(std::span<T const> all, std::string_view name) {
  auto const at = std::find_if(all.begin(), all.end(), [&](T const& each) { return each.name == name; });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace

scenario const* catalogue::find_scenario(std::string_view name) const {
  return named(scenarios, name);
}
arm const* catalogue::find_arm(std::string_view name) const {
  return named(arms, name);
}

}  // namespace trivium::bench
