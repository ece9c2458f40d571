// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// An exception of a program's own function, as the error of the operation that called it.
#pragma once

#include <trivium/config.hpp>

#include <exception>
#include <trivium/error.hpp>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// What a function has thrown.
struct thrown {
  error_code error;
  std::exception_ptr exception;

  /// Calls `function`. Returns false if it has thrown.
  template <class Function>
  bool guards(Function function) noexcept {
#ifdef __cpp_exceptions
    try {
      function();
    } catch (...) {
      record();
      return false;
    }
#else
    function();
#endif
    return true;
  }

 private:
  void record() noexcept;  // the exception that is being handled
};

}  // namespace detail
}  // namespace trivium
