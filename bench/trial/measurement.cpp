// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "measurement.hpp"

#include <sched.h>

#include <algorithm>

namespace trivium::bench {

namespace {

constexpr std::pair<step::kind, char const*> moving_steps[] = {
    {step::kind::send, "send"}, {step::kind::receive, "receive"}, {step::kind::receive_some, "receive_some"}};

// What the thread had counted when it was given its last step. It belongs to the thread: one that runs the
// lanes of several measurements gives and ends their steps in turn.
thread_local call_counts last_seen = {};

}  // namespace

measurement::measurement(window const& when, meter* reads, bool counts_calls)
    : counts_calls_(counts_calls), when_(when), reads_(reads) {
  stays_.reserve(most_stays);  // nothing is allocated while it counts
}

// Every step of every arm passes here: what is rare stands elsewhere.
void measurement::ended(event const& last) {
  if (counts_calls_) attribute(last.finished);
  auto& of_this_kind = so_far_[static_cast<std::size_t>(last.finished)];
  of_this_kind.bytes += last.bytes;
  ++of_this_kind.steps;
  if (last.error) {
    if (!error_) error_ = last.error;
    close(last.now);
  } else if (last.now >= look_at_) {
    look(last.now);
  }
}

void measurement::begins(step& next, event const& last) {
  if (next.timed) {
    untimed_ = 0;
  } else if (untimed_++ >= most_untimed_) {  // lanes give steps while another's timed one is under way
    next.timed = true;
    untimed_ = 0;
  }
  if (next.what == step::kind::done && opened_ && !last.error) close(last.now);
  if (counts_calls_) last_seen = *counts_of_this_thread();
}

// A look costs a hundredth of a short round trip, as nothing of it is in the caches after a system call;
// reading the clock costs as much. So steps that need no time are timed as seldom as looks are due: all of
// them while they are slow, and ever fewer while each look comes early.
void measurement::look(time_point now) {
  constexpr auto often_enough = std::chrono::microseconds(100);
  constexpr auto most = 15;
  most_untimed_ = now - look_at_ < often_enough ? std::min(2 * most_untimed_ + 1, most) : 0;
  look_where(now);
  if (now >= edge_) pass_edge(now);
  look_at_ = std::min(now + often_enough, edge_);
}

void measurement::pass_edge(time_point now) {
  if (!opened_) {
    edge_ = now < when_.begin ? when_.begin : when_.end;
    if (now >= when_.begin) open(now);
  } else if (now >= when_.end) {
    close(now);
    edge_ = time_point::max();
  }
}

void measurement::open(time_point now) {
  opened_ = true;
  at_open_ = so_far_;
  opened_at_ = now.time_since_epoch().count();
  if (reads_ != nullptr) reads_->open(now);
}

void measurement::close(time_point now) {
  if (closed_) return;
  closed_ = true;
  at_close_ = so_far_;
  closed_at_ = now.time_since_epoch().count();
  if (reads_ != nullptr) reads_->close(now);
}

// The C library keeps the number in memory, where the kernel updates it: a load, and no call.
void measurement::look_where(time_point now) {
  auto const here = ::sched_getcpu();
  if (here == processor_) return;
  if (stays_.size() == most_stays) return;
  processor_ = here;
  stays_.push_back({.since = now.time_since_epoch().count(), .processor = here});
}

// What was counted since the last step was given belongs to that step, whichever lane ends it. The meter's
// own calls fall between `ended` and `begins` and are nobody's.
void measurement::attribute(step::kind finished) {
  if (!opened_ || closed_) return;
  add_difference(counted_[static_cast<std::size_t>(finished)], last_seen, *counts_of_this_thread());
}

void measurement::book(side_record& into) const {
  if (into.stays.empty()) {
    into.stays = stays_;
    into.processors = shares_of(stays_, opened_at_, closed_at_);
  }
  if (counts_calls_) {
    for (auto const& each : counted_) into.calls_seen += system_calls(by_name(each));
  }
  for (auto const& [kind, name] : moving_steps) {
    auto const i = static_cast<std::size_t>(kind);
    if (kind == step::kind::send) {
      into.total_sent += so_far_[i].bytes;
    } else {
      into.total_received += so_far_[i].bytes;
    }
    auto const steps = at_close_[i].steps - at_open_[i].steps;
    if (steps == 0) continue;
    auto& booked = into.steps[name];
    booked.steps += steps;
    booked.bytes += at_close_[i].bytes - at_open_[i].bytes;
    for (auto const& [call, count] : by_name(counted_[i])) booked.calls[call] += count;
  }
}

}  // namespace trivium::bench
