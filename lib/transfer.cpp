// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/transfer.hpp>

namespace trivium {

progress transfer::advance_after(attempt const& first, std::size_t budget) noexcept {
  std::visit([&](auto& part) { part.consume(first.bytes); }, memory_);
  auto answer = first;
  if (answer.what != attempt::outcome::failed && complete(answer.bytes)) answer.what = attempt::outcome::done;
  return operation::advance_after(&answer, budget);
}

attempt transfer::step(std::size_t most) noexcept {
  if (complete(0)) return {.what = attempt::outcome::done, .calls = 0};
  auto const allowed = kernel_waits() ? may_block_for(how_much()) : may_block::no;
  auto answer = channel_.with([&](auto& between) {
    return std::visit([&](auto& part) { return part.step(between, most, allowed); }, memory_);
  });
  if (answer.what != attempt::outcome::failed && complete(answer.bytes)) answer.what = attempt::outcome::done;
  return answer;
}

std::int64_t transfer::taken() noexcept {
  auto const queued =
      moves_to() == direction::send ? channel_.with([](channel& to) { return to.queued(); }) : 0;
  return static_cast<std::int64_t>(result_.bytes) - static_cast<std::int64_t>(queued);
}

amount transfer::how_much() const noexcept {
  return std::visit([](auto const& part) { return part.how_much(); }, memory_);
}

bool transfer::complete(std::size_t bytes) const noexcept {
  bool const moved = std::visit(
      [&](auto const& part) {
        return part.left() == 0 || (part.how_much() == amount::some && result_.bytes + bytes != 0);
      },
      memory_);
  return moved && !(moves_to() == direction::send && channel_.has_pending_output());
}

bool transfer::enough() const noexcept {
  return how_much() == amount::some && result_.bytes != 0;
}

}  // namespace trivium
