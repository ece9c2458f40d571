// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "null.hpp"

#include "in_turn.hpp"

namespace trivium::bench {

namespace {

struct operations {
  static outcome send(std::span<std::byte const> bytes) { return {.bytes = bytes.size()}; }
  static outcome receive(std::span<std::byte> bytes) { return {.bytes = bytes.size()}; }
  static outcome receive_some(std::span<std::byte> bytes) { return {.bytes = bytes.size()}; }
};

class null final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    other_work others(lanes, kept);
    operations does;
    in_turn(*only_connection(lanes).what, others, does);
  }
};

}  // namespace

std::unique_ptr<way> null_way() {
  return std::make_unique<null>();
}

}  // namespace trivium::bench
