// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// How an asynchronous operation begins: with an attempt, with a wait, or with one system call.
#pragma once

#include <trivium/config.hpp>

#include <trivium/channel.hpp>
#include <trivium/detail/one_call.hpp>
#include <trivium/operations/transfer.hpp>
#include <trivium/payloads/memory.hpp>

namespace trivium::detail {

/// The first system call that a transfer of memory may begin with. Any other operation has no_call.
struct no_call {
  explicit operator bool() const noexcept { return false; }
};
template <class Operation>
struct first_call_of {
  using type = no_call;
};
template <>
struct first_call_of<transfer<memory_source>> {
  using type = one_call<direction::send>;
};
template <>
struct first_call_of<transfer<memory_sink>> {
  using type = one_call<direction::receive>;
};

/// By default an operation begins with an attempt. With `waits_for`, it begins with a wait, because an
/// attempt is known to fail with EAGAIN. With `call`, it begins with one system call; if that completes the
/// transfer, no operation is constructed.
template <class Operation>
struct beginning {
  interest waits_for{};
  typename first_call_of<Operation>::type call{};
};

}  // namespace trivium::detail
