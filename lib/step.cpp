// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/step.hpp>

namespace trivium {

attempt memory_source::step(channel& to, std::size_t most, patience allowed) noexcept {
  auto const answer = to.send(left_.next(most), allowed);
  left_.consume(answer.bytes);
  return answer;
}

attempt memory_sink::step(channel& from, std::size_t most, patience allowed) noexcept {
  auto const answer = from.receive(left_.next(most), allowed);
  left_.consume(answer.bytes);
  return answer;
}

}  // namespace trivium
