// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace trivium::bench {

progress::progress(std::FILE* to) : to_(to), terminal_(::isatty(::fileno(to)) != 0) {}

progress::~progress() {
  if (dirty_) std::fputs("\r\033[K", to_);
  std::fflush(to_);
}

void progress::trial_begins(plan const& of, scheduled const& which, std::uint64_t trials_before) {
  auto const passed = std::chrono::duration<double>(clock::now() - began_).count();
  auto const left = static_cast<int>(std::ceil(std::max(0.0, of.seconds() - passed)));
  auto const text =
      fmt::format("round {} of {} · trial {} of {} · {} {} · {}:{:02} left{}", which.round + 1, of.rounds(),
                  trials_before + 1, of.trials(), of.cells[which.cell].title, which.arm, left / 60, left % 60,
                  repeated_ == 0 ? "" : fmt::format(" · {} held again", repeated_));
  // fmt::print would throw where nothing can be written, and a run is worth more than its progress.
  if (terminal_) {
    std::fputs(("\r\033[K" + text).c_str(), to_);
    dirty_ = true;
  } else if (which.round != last_round_) {
    std::fputs((text + "\n").c_str(), to_);
  }
  last_round_ = which.round;
  std::fflush(to_);
}

void progress::round_ended(plan const&, conducted const& so_far) {
  repeated_ = so_far.repeated;
}

}  // namespace trivium::bench
