// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the near end does in one direction, one operation after another, whatever the way; and the contract,
// as it reads for each of them alone.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <trivium/limits.hpp>
#include <trivium/step.hpp>
#include <trivium/transfer_result.hpp>
#include <vector>

#include "content.hpp"
#include "plan.hpp"
#include "record.hpp"
#include "stopper.hpp"

namespace trivium::fuzz {

enum class verb { handshake, send, receive, finish };

/// One operation: what is asked, and what is to end it.
struct operation {
  verb what = verb::send;
  extent how_much = extent::all;
  std::vector<boost::asio::const_buffer> from;
  std::vector<boost::asio::mutable_buffer> into;
  std::size_t asked = 0;

  limits ends_it;  // its stop is the token here
  std::stop_source stop;
  std::stop_token token;
  bool stopped_before = false;
  std::optional<microseconds> cancelled_after;  // through its cancellation slot
  boost::asio::cancellation_type cancellation = boost::asio::cancellation_type::none;

  bool one_attempt = false;  // a nonblocking verb without a policy, which takes no limits
  randomness any{0};         // for what the way decides

  // What became of it.
  time_point began;
  bool cancelled = false;
};

/// Used by one thread at a time.
class direction {
 public:
  direction(near_plan const& how, plan const& of, record& to, stopper& stops);
  virtual ~direction() = default;
  direction(direction const&) = delete;
  direction& operator=(direction const&) = delete;

  /// The next operation; none: it is done. It is valid until its result is told.
  operation* next();
  void tell(transfer_result const& came);
  void failed(std::string const& why);

  way by() const noexcept { return how_.by; }
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

  near_plan const how_;
  plan const& plan_;
  record& record_;
  randomness any_;
  std::size_t bytes_ = 0;

 private:
  void limit(operation& what);
  void judge(operation const& of, transfer_result const& came, nanoseconds took, time_point ended);
  bool may_end_with(operation const& of, transfer_result const& came, nanoseconds took, time_point ended);

  stopper& stopper_;
  operation operation_;
  bool under_way_ = false, done_ = false;
  std::size_t asked_ = 0, in_vain_ = 0;
  std::uint64_t calls_ = 0, refusals_ = 0;
  error_code end_;
};

class sending : public direction {
 public:
  sending(plan const& of, record& to, stopper& stops);

  /// Whether `finish` has said that the peer has taken all.
  bool finished() const noexcept { return finished_; }
  /// Whether the last send of all said that nothing is held back.
  bool flushed() const noexcept { return flushed_; }

 private:
  bool ask(operation& next) override;
  void told(operation const& of, transfer_result const& came) override;

  content content_;
  bool shaken_, flushed_ = false, finished_ = false;
  unsigned finishes_left_;
};

class receiving : public direction {
 public:
  receiving(plan const& of, record& to, stopper& stops);

  digest::value digest_of_all() { return seen_.end(); }
  bool quit() const noexcept { return bytes_ >= plan_.quits_at; }

 private:
  bool ask(operation& next) override;
  void told(operation const& of, transfer_result const& came) override;

  content content_;
  std::vector<std::byte> into_;
  digest seen_;
};

}  // namespace trivium::fuzz
