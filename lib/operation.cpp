// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <trivium/operation.hpp>
#include <trivium/payload.hpp>
#include <utility>

#include "operations/progress_watch.hpp"

namespace trivium {
namespace {

error_code invalid() noexcept {
  return {EINVAL, boost::system::system_category()};
}

// The least that an attempt counts against the budget, however little it moves. Reading 16 of TLS's own
// messages, the most that a session reads in one attempt, may take 0.3 ms.
constexpr std::size_t least_work = loop_budget / 8;

// Steady state allocates nothing: each thread keeps the last released watch for its next operation. The type
// is trivial, so that access needs no guard and is still allowed while the thread ends.
struct kept {
  progress_watch* watch;
  bool may_keep;  // `at_end` is registered to destroy the watch
  bool thread_ends;
};
constinit thread_local kept spare{};

struct end_of_thread {
  ~end_of_thread() {
    spare.may_keep = false;
    spare.thread_ends = true;
    delete std::exchange(spare.watch, nullptr);
  }
  // The first use in a thread registers the destructor to be called when that thread ends.
  void comes() const noexcept {}
};
thread_local end_of_thread const at_end;

// Not inlined, so that the common path reserves no stack for it.
[[gnu::noinline]] void keep_or_destroy(progress_watch* watch) noexcept {
  if (spare.watch != nullptr || spare.thread_ends) {
    delete watch;
    return;
  }
  at_end.comes();
  spare.may_keep = true;
  spare.watch = watch;
}

progress_watch* new_watch(limits const& of) {
  if (spare.watch == nullptr) return new progress_watch{of};
  spare.watch->start(of);
  return std::exchange(spare.watch, nullptr);
}

}  // namespace

void operation::watch_deleter::operator()(progress_watch* watch) const noexcept {
  watch->finish();
  if (spare.watch != nullptr || !spare.may_keep) return keep_or_destroy(watch);
  spare.watch = watch;
}

operation::operation(limits const& within)
    : stop_{within.stop.token()},
      deadline_{within.timeout.from(time_point{})},
      never_waits_{within.timeout.never_waits()},
      begun_{!within.timeout.relative()} {
  bool const nonsense =
      within.timeout.negative() || within.stall_timeout.length() <= nanoseconds::zero() ||
      (within.min_rate.bytes_per_second != 0 && within.min_rate.over.length() <= nanoseconds::zero());
  if (nonsense) {
    end(invalid());
  } else if (!within.stall_timeout.for_ever() || within.min_rate.bytes_per_second != 0 ||
             within.idle.given()) {
    watch_.reset(new_watch(within));
  }
}

operation::operation(operation&&) noexcept = default;
operation::~operation() = default;

void operation::begin() noexcept {
  begun_ = true;
  deadline_ = never_waits_ ? time_point::max() : later(now(), deadline_.time_since_epoch());
}

progress operation::end(error_code error) noexcept {
  ended_ = true;
  interest_ = {};
  if (error && !enough()) result_.error = error;
  return progress::done;
}

void operation::fail(error_code error) noexcept {
  if (!ended_) end(error);
}

time_point operation::due() const noexcept {
  return std::min({deadline_, look_again_, watch_ ? watch_->due() : time_point::max()});
}

progress operation::advance(std::size_t budget) noexcept {
  if (ended_) return progress::done;
  if (!begun_) begin();
  interest_ = {};
  budget = std::max<std::size_t>(budget, 1);
  for (;;) {
    if (stop_requested_ || stop_.stop_requested()) return end(errc::stopped);
    auto const answer = step(std::min(budget, step_max));
    if (auto const how = account(answer)) return *how;
    budget -= std::min(budget, std::max(answer.bytes, least_work));
    if (budget == 0) return progress::yielded;
  }
}

void operation::begin_with(attempt const& first, may_block allowed) noexcept {
  if (ended_) return;
  if (!begun_) begin();
  kernel_waits_ = allowed != may_block::no;
  account(first);
}

std::optional<progress> operation::account(attempt const& answer) noexcept {
  bool const was_over = over_;
  result_.calls += answer.calls;
  result_.bytes += answer.bytes;
  if (answer.bytes != 0) {
    if (next_sleeps_) ++result_.waits;
    next_sleeps_ = answer.next_sleeps;
    moved_since_look_ = true;
    if (watch_) watch_->moved();
  }

  using enum attempt::outcome;
  if (answer.what == failed) return end(answer.error);
  if (answer.what == done) {
    end({});
    interest_ = answer.waits_for;
    return progress::done;
  }
  if (answer.what == would_block) {
    if (answer.bytes == 0 && answer.calls != 0) ++result_.would_blocks;
    kernel_waits_ = false;  // the kernel did not wait: the descriptor is O_NONBLOCK
    next_sleeps_ = false;
    return blocked(answer);
  }
  if (deadline_ != time_point::max() || watch_) {
    if (was_over) return end(errc::timed_out);
    auto const at = now();
    over_ = at >= deadline_;
    if (watch_ && (!watch_->begun() || at >= watch_->due()))
      if (auto const why = look(at)) return end(why);
  }
  return {};
}

bool operation::limited() const noexcept {
  return stop_.stop_possible() || never_waits_ || deadline_ != time_point::max() || watch_;
}

bool operation::expect(trivium::interest first) noexcept {
  if (ended_ || never_waits_ || stop_requested_ || stop_.stop_requested()) return false;
  if (!begun_) begin();
  return blocked({.what = attempt::outcome::would_block, .waits_for = first}) == progress::pending;
}

// No value: the deadline passed while the attempt was under way, so one more attempt is made.
std::optional<progress> operation::blocked(attempt const& answer) noexcept {
  if (never_waits_) return end(errc::would_block);
  interest_ = answer.waits_for;
  look_again_ = time_point::max();
  bool const timed = deadline_ != time_point::max() || watch_ || answer.look_again.count() != 0;
  if (!timed) return progress::pending;

  auto const at = now();
  if (at >= deadline_) {
    if (over_) return end(errc::timed_out);
    over_ = true;
    interest_ = {};
    return {};
  }
  if (answer.look_again.count() != 0) look_again_ = later(at, answer.look_again);
  if (watch_)
    if (auto const why = look(at)) return end(why);
  return progress::pending;
}

error_code operation::look(time_point at) noexcept {
  return watch_->look(at, taken(), std::exchange(moved_since_look_, false));
}

}  // namespace trivium
