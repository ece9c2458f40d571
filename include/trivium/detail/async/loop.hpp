// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The event loop of an executor.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <type_traits>

namespace trivium::detail {

/// The io_context of an executor, or null if the executor is of another type, as a strand or an executor that
/// tracks outstanding work is.
template <class Executor>
boost::asio::io_context* loop_of(Executor const& on) noexcept {
  using of_loop = boost::asio::io_context::executor_type;
  auto const context = [](of_loop const& executor) {
    return &boost::asio::query(executor, boost::asio::execution::context);
  };
  if constexpr (std::is_same_v<Executor, of_loop>) return context(on);
  if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>)
    if (auto const* const inside = on.template target<of_loop>()) return context(*inside);
  return nullptr;
}

}  // namespace trivium::detail
