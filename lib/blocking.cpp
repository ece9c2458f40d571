// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/blocking.hpp>

#include "wait.hpp"

namespace trivium::blocking {

transfer_result const& complete(turning& operation) {
  if (!operation.limited()) operation.let_kernel_wait();
  waker stop{operation.stop()};
  while (operation.turn() == turned::would_block) {
    auto const woke = wait(operation.wants(), operation.due(), stop);
    if (woke.error)
      operation.fail(woke.error);
    else
      operation.waited(woke.waited);
  }
  return operation.result();
}

result<socket> connect(std::string host, std::string service, limits const& ends_it,
                       connect_options const& how) {
  connecting operation{std::move(host), std::move(service), ends_it, how};
  complete(operation);
  return operation.take();
}

result<socket> connect(endpoint const& to, limits const& ends_it) {
  connecting operation{to, ends_it};
  complete(operation);
  return operation.take();
}

}  // namespace trivium::blocking
