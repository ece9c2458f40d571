// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// How a stream's own call tells that a limit of the caller's has passed: asio::error::timed_out, which Linux
// has for a dead connection too; and yet another than the kernel's.
#pragma once

#include <string_view>
#include <trivium/error.hpp>

namespace trivium {

inline constexpr std::string_view limit_category_name = "trivium.limit";

/// Equals asio::error::timed_out as a code, since its category has the number of the system's, by which
/// Boost.System compares (error_category::operator==). Equals errc::timed_out too, which the kernel's
/// ETIMEDOUT does not.
error_code limit_passed() noexcept;

}  // namespace trivium
