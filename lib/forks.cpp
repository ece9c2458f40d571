// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/forks.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <atomic>

#include "system.hpp"

namespace trivium::detail {
namespace {

std::atomic<unsigned> counted{0};
[[maybe_unused]] int const registered =
    ::pthread_atfork(nullptr, nullptr, [] { counted.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

unsigned forks() noexcept {
  return counted.load(std::memory_order_relaxed);
}

hidden_descriptor::hidden_descriptor(int number) noexcept : number_{number} {
  int const nothing = system().eventfd(0, EFD_CLOEXEC);
  if (nothing < 0) return;
  stays_at_exec_ = system().get_descriptor_flags(number) == 0;
  elsewhere_ = system().duplicate(number);
  // dup3 replaces the descriptor in one step. If the number were free for a moment, another thread could be
  // given it.
  if (hidden()) system().dup3(nothing, number_, O_CLOEXEC);
  system().close(nothing);
}

hidden_descriptor::~hidden_descriptor() {
  if (!hidden()) return;
  system().dup3(elsewhere_, number_, stays_at_exec_ ? 0 : O_CLOEXEC);
  system().close(elsewhere_);
}

}  // namespace trivium::detail
