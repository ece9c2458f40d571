// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the near end asks for in one direction, one operation after another, whatever the way; and the
// contract, as it reads for each of them alone.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "content.hpp"
#include "operation.hpp"
#include "plan.hpp"
#include "record.hpp"
#include "stopper.hpp"

namespace trivium::fuzz {

class modelled : public direction {
 public:
  modelled(near_plan const& how, plan const& of, record& to, stopper& stops);
  modelled(modelled const&) = delete;
  modelled& operator=(modelled const&) = delete;

  operation* next() override;
  void tell(transfer_result const& came) override;
  void failed(std::string const& why) override;
  void lost() override { done_ = lets_far_begin_ = true; }
  way by() const noexcept override { return how_.by; }

  /// Whether the far end may begin, as far as it waits for this. Any thread.
  bool lets_far_begin() const noexcept { return lets_far_begin_.load(std::memory_order_relaxed); }
  bool done() const noexcept { return done_; }
  /// Of all that it sent, or received.
  std::size_t bytes() const noexcept { return bytes_; }
  std::uint64_t calls() const noexcept { return calls_; }
  /// Refusals, but for where it was asked again without a wait.
  std::uint64_t refusals() const noexcept { return refusals_; }
  /// The error after which nothing more could be sent, or received.
  error_code const& end() const noexcept { return end_; }

 protected:
  /// What to ask for next. False: nothing more.
  virtual bool ask(operation& next) = 0;
  /// The contract holds so far.
  virtual void told(operation const& of, transfer_result const& came) = 0;

  std::size_t some(randomness& any, std::size_t most) const {
    return std::min(hurries() ? how_.largest : any.size(how_.largest), most);
  }
  bool hurries() const noexcept { return in_vain_ > 30 || asked_ > 1000; }

  /// Whether nothing is to move before the first operation is over.
  virtual bool begins_alone() const noexcept = 0;

  near_plan const how_;
  plan const& plan_;
  record& record_;
  randomness any_;
  std::size_t bytes_ = 0;

 private:
  std::optional<microseconds> const& mode_of(operation const& what) const noexcept;
  void limit(operation& what);
  void limit_once(operation& what, randomness& any);
  void judge(operation const& of, transfer_result const& came, nanoseconds took, time_point ended);
  bool may_end_with(operation const& of, transfer_result const& came, nanoseconds took, time_point ended);

  stopper& stopper_;
  std::atomic<bool> lets_far_begin_{false};
  operation operation_;
  bool under_way_ = false, done_ = false;
  std::size_t asked_ = 0, in_vain_ = 0;
  std::uint64_t calls_ = 0, refusals_ = 0;
  error_code end_;
};

class sending : public modelled {
 public:
  sending(plan const& of, record& to, stopper& stops);

  /// Whether `finish` has said that the peer has taken all.
  bool finished() const noexcept { return finished_; }
  /// Whether the last send of all said that nothing is held back.
  bool flushed() const noexcept { return flushed_; }

 private:
  bool ask(operation& next) override;
  void told(operation const& of, transfer_result const& came) override;
  bool begins_alone() const noexcept override { return plan_.far.reads_later && shaken_; }

  content content_;
  bool shaken_, flushed_ = false, finished_ = false;
  unsigned finishes_left_;
};

class receiving : public modelled {
 public:
  receiving(plan const& of, record& to, stopper& stops);

  digest::value digest_of_all() { return seen_.end(); }
  bool quit() const noexcept { return bytes_ >= plan_.quits_at; }

 private:
  bool ask(operation& next) override;
  void told(operation const& of, transfer_result const& came) override;
  bool begins_alone() const noexcept override { return plan_.far.writes_later; }

  content content_;
  std::vector<std::byte> into_;
  digest seen_;
};

}  // namespace trivium::fuzz
