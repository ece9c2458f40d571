// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The completion of an asynchronous operation: the handler's signature and arguments, its associated executor
// and allocator, and how the handler is posted.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/asio/require.hpp>
#include <memory>
#include <trivium/detail/async/loop.hpp>
#include <trivium/operations/accepting.hpp>
#include <trivium/operations/connecting.hpp>
#include <trivium/operations/transfer.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trivium::detail {

/// A transfer, of any payload.
template <class Operation>
concept moves_bytes = requires {
  typename Operation::payload_type;
};

/// The completion signature of an operation, the arguments of its handler, and `heeds`: whether a
/// cancellation of type `asked` cancels the operation.
template <class Operation>
struct completion {
  using signature = void(transfer_result);
  static std::tuple<transfer_result> arguments(Operation& ended) { return {ended.result()}; }

  static bool heeds(boost::asio::cancellation_type asked, Operation const& operation) noexcept {
    using enum boost::asio::cancellation_type;
    auto allowed = terminal | partial;
    // Cancellation type total promises that the operation has had no side effects.
    if constexpr (std::is_same_v<Operation, connecting_open>) allowed |= total;
    if constexpr (moves_bytes<Operation>)
      if (operation.how_much() == amount::some || operation.result().bytes == 0) allowed |= total;
    return (asked & allowed) != none;
  }
};

template <class Operation>
requires std::is_same_v<Operation, connecting> || std::is_same_v<Operation, accepting>
struct completion<Operation> {
  using signature = void(error_code, socket);
  static std::tuple<error_code, socket> arguments(Operation& ended) {
    auto outcome = ended.take();
    if (!outcome) return {outcome.error(), socket{}};
    return {error_code{}, std::move(*outcome)};
  }
  static bool heeds(boost::asio::cancellation_type asked, Operation const&) noexcept {
    return asked != boost::asio::cancellation_type::none;
  }
};

// The allocator of an operation: the handler's associated allocator, or by default Asio's recycling
// allocator.
template <class Handler>
using allocator_of = boost::asio::associated_allocator_t<Handler, boost::asio::recycling_allocator<void>>;

template <class Handler>
allocator_of<Handler> get_allocator_of(Handler const& handler) noexcept {
  return boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>{});
}

/// The handler's associated executor. The default is the registration's executor, which is returned by
/// reference if get_executor() returns a reference.
template <class Handler, class Registration>
decltype(auto) get_executor_of(Handler const& handler, Registration& at) noexcept {
  using own = decltype(at.get_executor());
  if constexpr (std::is_reference_v<own>)
    return boost::asio::get_associated_executor(handler, at.get_executor());
  else
    return boost::asio::associated_executor_t<Handler, own>{
        boost::asio::get_associated_executor(handler, at.get_executor())};
}

/// Whether the handler runs on another executor than that of the registration, or on another loop.
template <class Handler, class Registration>
bool completes_on_another_executor(Handler const& handler, Registration& at) noexcept {
  auto const& own = at.get_executor();
  auto const& of_handler = boost::asio::get_associated_executor(handler, own);
  if constexpr (std::is_same_v<decltype(own), decltype(of_handler)>) {
    return &of_handler != &own && of_handler != own;
  } else {
    auto* const loop = loop_of(own);
    return loop == nullptr || loop != loop_of(of_handler);
  }
}

/// An intermediate handler for an executor that does not support post. It is posted to the registration's
/// executor, and there dispatches the handler to the handler's own executor.
template <class Arrival, class Executor>
struct forwarded {
  Arrival arrives;
  Executor on;

  using executor_type = Executor;
  executor_type get_executor() const noexcept { return on; }
  using allocator_type = typename Arrival::allocator_type;
  allocator_type get_allocator() const noexcept { return arrives.get_allocator(); }
  void operator()() { boost::asio::dispatch(std::move(arrives)); }
};

/// Posts an intermediate handler to a loop. The handler's executor is not queried.
template <class Arrival>
void post_to(boost::asio::io_context& loop, Arrival arrives) {
  namespace execution = boost::asio::execution;
  auto const room = arrives.get_allocator();
  boost::asio::prefer(boost::asio::require(loop.get_executor(), execution::blocking.never),
                      execution::relationship.fork, execution::allocator(room))
      .execute(std::move(arrives));
}

/// As boost::asio::post(handler), for a handler that has an associated executor and allocator. If its
/// any_io_executor holds an executor of an io_context, that executor is used directly: going through
/// any_io_executor takes two allocations, and a third of the instructions of an operation that never waits. A
/// handler whose executor does not support post is dispatched from `own`, the registration's executor.
template <class Arrival, class Executor>
void post(Arrival arrives, Executor const& own) {
  namespace execution = boost::asio::execution;
  using executor = typename Arrival::executor_type;
  if constexpr (std::is_same_v<executor, boost::asio::any_io_executor>) {
    if (auto* const loop = loop_of(arrives.get_executor())) return post_to(*loop, std::move(arrives));
  }
  if constexpr (execution::is_executor<executor>::value &&
                !boost::asio::can_require<executor, execution::blocking_t::never_t>::value)
    boost::asio::post(forwarded<Arrival, Executor>{std::move(arrives), own});
  else
    boost::asio::post(std::move(arrives));
}

}  // namespace trivium::detail
