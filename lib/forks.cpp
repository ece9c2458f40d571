// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/forks.hpp>

#include <fcntl.h>
#include <pthread.h>

#include <atomic>

#include "system.hpp"

namespace trivium {
namespace {

std::atomic<unsigned> counted{0};
[[maybe_unused]] int const registered =
    ::pthread_atfork(nullptr, nullptr, [] { counted.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

unsigned forks() noexcept {
  return counted.load(std::memory_order_relaxed);
}

hidden_descriptor::hidden_descriptor(int number) noexcept
    : number_{number}, elsewhere_{system().duplicate(number)} {
  if (hidden()) system().close(number_);
}

hidden_descriptor::~hidden_descriptor() {
  if (!hidden()) return;
  system().dup3(elsewhere_, number_, O_CLOEXEC);
  system().close(elsewhere_);
}

}  // namespace trivium
