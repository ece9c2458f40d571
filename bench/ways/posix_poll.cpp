// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The hand-written loop that attempts, and polls when there is nothing to be had.
#include <poll.h>

#include <array>

#include "arm.hpp"
#include "attempts.hpp"

namespace trivium::bench {

namespace {

class wait_in_poll {
 public:
  wait_in_poll(int socket, other_work& others) : socket_(socket), others_(others) {}

  boost::system::error_code operator()(direction till) {
    auto const events = static_cast<short>(till == direction::readable ? POLLIN : POLLOUT);
    for (;;) {
      others_.run_due();
      pollfd one{.fd = socket_, .events = events, .revents = 0};
      auto const n = others_.rest([&] {
        return others_.empty() ? ::poll(&one, 1, -1) : ::ppoll(&one, 1, others_.time_till_due(), nullptr);
      });
      if (n > 0) return {};
      if (n < 0 && errno != EINTR) return last_errno();
    }
  }

 private:
  int socket_;
  other_work& others_;
};

}  // namespace

std::span<arm const> posix_poll_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "posix.poll",
          .sentence = "a hand-written loop that attempts, and waits in poll(2)",
          .one_connection = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<attempting<wait_in_poll>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
