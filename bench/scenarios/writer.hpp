// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The side that sends one operation after another until the window has closed.
#pragma once

#include <vector>

#include "../steps/script.hpp"
#include "../steps/window.hpp"

namespace trivium::bench {

class writer final : public script {
 public:
  writer(std::size_t bytes, window const& when) : data_(bytes, std::byte{1}), when_(when) {}

  step next(event const& last) override {
    if (last.now >= when_.end) return {};
    return {.what = step::kind::send, .bytes = data_};
  }

 private:
  std::vector<std::byte> data_;
  window const& when_;
};

}  // namespace trivium::bench
