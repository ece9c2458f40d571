// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What holds after fork(2).
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace trivium::test {

/// Whether `check`, which must not throw, holds in a child process. The child ends within a minute, and
/// destroys nothing of what it inherited.
template <class Check>
bool holds_in_child(Check check) {
  pid_t const child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(check() ? 0 : 1);
  }
  int status = -1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace trivium::test
