// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the errno of an attempt means. It is classified here and nowhere else.
#pragma once

#include <cerrno>
#include <trivium/channel.hpp>

namespace trivium {

/// Classifies the errno of an attempt that moved nothing. If it would block, `waits_for` ends the wait.
inline attempt refused(int code, interest waits_for) noexcept {
  switch (code) {
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
      return {.what = attempt::outcome::would_block, .waits_for = waits_for};
    case EINTR:
      return {.what = attempt::outcome::again};
    default:
      return {.what = attempt::outcome::failed, .error = {code, boost::system::system_category()}};
  }
}

/// `code` as an error of the kernel's.
inline error_code kernels(int code) noexcept {
  return {code, boost::system::system_category()};
}

/// Calls until the answer is another than EINTR.
template <class Call>
auto uninterrupted(Call call) noexcept {
  for (;;)
    if (auto const answer = call(); answer >= 0 || errno != EINTR) return answer;
}

inline attempt failed(error_code error) noexcept {
  return {.what = attempt::outcome::failed, .error = error, .calls = 0};
}

}  // namespace trivium
