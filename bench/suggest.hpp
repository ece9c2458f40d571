// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The name that was probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace trivium::bench {

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known` if it is near enough to be a slip of the hand; else empty. Capitals are one: every
/// name here is in small letters.
std::string nearest(std::string_view given, std::span<std::string const> known);

}  // namespace trivium::bench
