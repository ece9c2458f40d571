// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// One line that says where a run is: rewritten on a terminal, a line a round elsewhere. Written between
// trials; while one runs, nothing ticks.
#pragma once

#include <cstdio>

#include "../plan/conduct.hpp"

namespace trivium::bench {

class progress final : public onlooker {
 public:
  explicit progress(std::FILE* to);
  ~progress() override;

  void trial_begins(plan const& of, scheduled const& which, std::uint64_t trials_before) override;
  void round_ended(plan const& of, conducted const& so_far) override;

 private:
  std::FILE* to_;
  bool terminal_;
  bool dirty_ = false;
  time_point began_ = clock::now();
  std::uint64_t repeated_ = 0;
  std::uint64_t last_round_ = ~std::uint64_t{0};
};

}  // namespace trivium::bench
