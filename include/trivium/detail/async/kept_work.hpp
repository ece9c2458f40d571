// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Outstanding work: it keeps the run() of an execution context from returning, whichever thread holds it.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <memory>
#include <optional>
#include <trivium/detail/async/stop_gate.hpp>
#include <utility>

namespace trivium::detail {

/// A work guard for a thread that does not run the context. It is released before the context is destroyed.
/// Requires, to construct it: the thread is within `pass` of the gate. Threads: any, one at a time.
template <class Executor>
class kept_work final : stop_gate::dependent {
 public:
  kept_work(std::shared_ptr<stop_gate::state> gate, Executor const& on) : gate_{std::move(gate)}, guard_{on} {
    gate_->add(*this);
  }
  kept_work(kept_work&& from) noexcept : gate_{from.gate_}, guard_{std::exchange(from.guard_, std::nullopt)} {
    gate_->add(*this);
  }
  ~kept_work() { gate_->finish(*this); }

 private:
  void release() noexcept override { guard_.reset(); }

  std::shared_ptr<stop_gate::state> const gate_;
  std::optional<boost::asio::executor_work_guard<Executor>> guard_;
};

}  // namespace trivium::detail
