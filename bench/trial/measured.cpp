// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "measured.hpp"

#include <sched.h>

#include <algorithm>

namespace trivium::bench {

namespace {

constexpr std::pair<step::kind, char const*> moving_steps[] = {
    {step::kind::send, "send"}, {step::kind::receive, "receive"}, {step::kind::receive_some, "receive_some"}};

}  // namespace

// Every step of every arm passes here: what is rare stands elsewhere.
step measured::next(event const& last) {
  if (counts_ != nullptr) attribute(last.finished);
  auto& of_this_kind = so_far_[static_cast<std::size_t>(last.finished)];
  of_this_kind.bytes += last.bytes;
  ++of_this_kind.steps;
  if (last.error) {
    error_ = last.error;
    close(last.now);
  } else if (last.now >= look_at_) {
    look(last.now);
  }
  step next = last.error ? step{} : inner_.next(last);  // made where it stays: see end_step
  if (next.timed) {
    untimed_ = 0;
  } else if (untimed_++ == most_untimed_) {
    next.timed = true;
    untimed_ = 0;
  }
  if (next.what == step::kind::done && opened_ && !last.error) close(last.now);
  if (counts_ != nullptr) last_seen_ = *counts_;
  return next;
}

// A look costs a hundredth of a short round trip, as nothing of it is in the caches after a system call;
// reading the clock costs as much. So steps that need no time are timed as seldom as looks are due: all of
// them while they are slow, and ever fewer while each look comes early.
void measured::look(time_point now) {
  constexpr auto often_enough = std::chrono::microseconds(100);
  constexpr auto most = 15;
  most_untimed_ = now - look_at_ < often_enough ? std::min(2 * most_untimed_ + 1, most) : 0;
  look_where(now);
  if (now >= edge_) pass_edge(now);
  look_at_ = std::min(now + often_enough, edge_);
}

void measured::pass_edge(time_point now) {
  if (!opened_) {
    edge_ = now < when_.begin ? when_.begin : when_.end;
    if (now >= when_.begin) open(now);
  } else if (now >= when_.end) {
    close(now);
    edge_ = time_point::max();
  }
}

void measured::open(time_point now) {
  opened_ = true;
  at_open_ = so_far_;
  opening_ = reads_.opening(now);
}

void measured::close(time_point now) {
  if (closed_) return;
  closed_ = true;
  at_close_ = so_far_;
  closing_ = reads_.closing(now);
}

// The C library keeps the number in memory, where the kernel updates it: a load, and no call.
void measured::look_where(time_point now) {
  auto const here = ::sched_getcpu();
  if (here == processor_) return;
  if (stays_.size() == most_stays) return;
  processor_ = here;
  stays_.push_back({.since = now.time_since_epoch().count(), .processor = here});
}

// What was counted since this script last gave a step belongs to that step. The meter's own calls fall
// between the two readings of one `next` and are nobody's.
void measured::attribute(step::kind finished) {
  if (!opened_ || closed_) return;
  auto const now = *counts_;
  add_difference(counted_[static_cast<std::size_t>(finished)], last_seen_, now);
}

void measured::book(side_record& into) const {
  bench::book(into, opening_, closing_);
  into.stays = stays_;
  into.processors = shares_of(stays_, into.opened_at, into.closed_at);
  if (counts_ != nullptr) {
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
    into.steps[name] = {
        .steps = steps, .bytes = at_close_[i].bytes - at_open_[i].bytes, .calls = by_name(counted_[i])};
  }
}

}  // namespace trivium::bench
