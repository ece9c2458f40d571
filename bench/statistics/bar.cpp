// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "bar.hpp"

namespace trivium::bench {

bar_word hold_against(std::optional<interval> const& ratio, promise kind, double limit) {
  if (!ratio) return bar_word::not_shown;
  auto const kept = [&](double end) { return kind == promise::at_least ? end >= limit : end <= limit; };
  if (kept(ratio->low) && kept(ratio->high)) return bar_word::met;
  if (!kept(ratio->low) && !kept(ratio->high)) return bar_word::missed;
  return bar_word::not_shown;
}

std::string_view name_of(bar_word said) {
  switch (said) {
    case bar_word::met:
      return "met";
    case bar_word::missed:
      return "missed";
    case bar_word::not_shown:
      break;
  }
  return "not shown";
}

}  // namespace trivium::bench
