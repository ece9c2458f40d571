// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Every limit that an operation can have, none of which ends one: for arms that show what it costs to have
// limits.
#pragma once

#include <chrono>
#include <stop_token>
#include <trivium/limits.hpp>

namespace trivium::bench {

class armed {
 public:
  [[nodiscard]] limits get() const {
    using namespace std::chrono_literals;
    return {.timeout = 30s, .stall_timeout = 10s, .min_rate = {.bytes_per_second = 1}, .stop = token_};
  }

 private:
  std::stop_source source_;
  std::stop_token token_ = source_.get_token();
};

/// No limit at all.
class unarmed {
 public:
  [[nodiscard]] limits get() const { return {}; }
};

}  // namespace trivium::bench
