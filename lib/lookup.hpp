// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A look-up by name that can be abandoned.
#pragma once

#include <memory>
#include <string>
#include <trivium/endpoint.hpp>
#include <vector>

namespace trivium {

/// getaddrinfo cannot be interrupted, so a name is looked up in a thread of its own. Whoever gives up just
/// drops the lookup: what the thread touches, it owns together with it. Numeric addresses take no thread.
class lookup {
 public:
  lookup(std::string host, std::string service);
  ~lookup();
  lookup(lookup&&) noexcept;

  /// Whether there is an answer; until then `descriptor` is not readable.
  bool done() const noexcept;
  int descriptor() const noexcept;

  /// Requires: done(). The addresses, in the system's order; or why there are none (Asio's errors of
  /// look-ups, such as asio::error::host_not_found).
  result<std::vector<endpoint>> take();

 private:
  struct answer;
  std::shared_ptr<answer> answer_;
};

}  // namespace trivium
