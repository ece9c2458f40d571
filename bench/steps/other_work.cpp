// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "other_work.hpp"

#include <algorithm>
#include <thread>

namespace trivium::bench {

other_work::other_work(std::span<lane const> lanes, tally& kept) : kept_(kept) {
  auto const now = clock::now();
  for (auto const& each : lanes) {
    if (each.socket == lane::no_socket) lanes_.push_back({each.what, each.what->next({.now = now})});
  }
  free_last_ = now;
}

void other_work::was_held(duration time) {
  kept_.longest_hold = std::max(kept_.longest_hold, time);
}

std::optional<time_point> other_work::due() const {
  std::optional<time_point> earliest;
  for (auto const& each : lanes_) {
    if (each.next.what == step::kind::done) continue;
    auto const at = each.next.what == step::kind::wait_until ? each.next.at : time_point::min();
    if (!earliest || at < *earliest) earliest = at;
  }
  return earliest;
}

timespec const* other_work::time_till_due() {
  auto const at = due();
  if (!at) return nullptr;
  auto const left = std::max(*at - clock::now(), duration::zero());
  auto const seconds = std::chrono::floor<std::chrono::seconds>(left);
  till_due_.tv_sec = seconds.count();
  till_due_.tv_nsec = static_cast<long>((left - seconds).count());
  return &till_due_;
}

void other_work::sleep_until(time_point at) {
  for (;;) {
    auto const next_due = due();
    std::this_thread::sleep_until(next_due ? std::min(*next_due, at) : at);
    thread_was_free();
    run_due();
    if (clock::now() >= at) return;
  }
}

void other_work::run_due_lanes() {
  auto now = clock::now();
  was_held(now - free_last_);
  for (auto& each : lanes_) {
    for (;;) {
      if (each.next.what == step::kind::work) {
        keep_busy(each.next.lasting);
      } else if (each.next.what != step::kind::wait_until || each.next.at > now) {
        break;
      }
      now = clock::now();
      each.next = each.what->next({.finished = each.next.what, .now = now});
    }
  }
  free_last_ = now;
}

void keep_busy(duration lasting) {
  auto const until = clock::now() + lasting;
  while (clock::now() < until) {
  }
}

}  // namespace trivium::bench
