// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <chrono>
#include <trivium/payloads/relay.hpp>
#include <utility>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {

void relay_source::share(int descriptor) noexcept {
  shared_ = system().duplicate(descriptor);
  if (shared_ < 0)
    error_ = last_error();
  else
    from_ = any_channel{shared_};
}

relay_source::relay_source(relay_source&& from) noexcept
    : shared_{std::exchange(from.shared_, -1)},
      from_{from.from_},
      received_{std::move(from.received_)},
      error_{from.error_},
      ended_{from.ended_} {}

relay_source::~relay_source() {
  if (shared_ >= 0) system().close(shared_);
}

attempt relay_source::send_to(channel& to, std::size_t most, may_block allowed) noexcept {
  unsigned calls = 0;
  if (received_.empty()) {
    if (error_) return failed(error_);
    // Not until there is no more room: what has come is sent on.
    auto const some = allowed == may_block::no ? may_block::no : may_block::until_some;
    auto came = from_.with([&](channel& from) { return received_.receive_from(from, most, some); });
    calls = came.calls;
    if (came.what == attempt::outcome::failed) {
      ended_ = came.error == errc::end_of_file;
      if (ended_) return {.what = attempt::outcome::moved, .calls = calls};
      error_ = came.error;
      return came;
    }
    // The asynchronous way waits elsewhere for bytes only. With room TLS would send messages of its own.
    if (came.waits_for.until == readiness::either) came.look_again = std::chrono::milliseconds{20};
    if (came.bytes == 0) return came;
  }
  auto answer = received_.send_to(to, most, allowed);
  answer.calls += calls;
  return answer;
}

}  // namespace trivium
