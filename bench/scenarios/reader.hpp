// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The side that takes whatever comes until the peer has finished.
#pragma once

#include <vector>

#include "../steps/script.hpp"

namespace trivium::bench {

class reader final : public script {
 public:
  /// `each` is `receive` or `receive_some`: whether a step ends with a full buffer or with whatever has
  /// arrived.
  reader(std::size_t bytes, step::kind each) : buffer_(bytes, std::byte{1}), each_(each) {}

  step next(event const& last) override {
    if (last.end_of_stream) return {};
    return {.what = each_, .bytes = buffer_};
  }

 private:
  std::vector<std::byte> buffer_;
  step::kind each_;
};

}  // namespace trivium::bench
