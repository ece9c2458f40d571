// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The hand-written loop that attempts, and waits for an edge from epoll: the floor under every event loop.
// The descriptor is registered once for both directions. An attempt precedes every wait, so an edge that
// reported the other direction, or came too early, costs an attempt and loses nothing.
#include <sys/epoll.h>

#include <array>
#include <system_error>

#include "arm.hpp"
#include "attempts.hpp"

namespace trivium::bench {

namespace {

class wait_in_epoll {
 public:
  wait_in_epoll(int socket, other_work& others) : epoll_(::epoll_create1(EPOLL_CLOEXEC)), others_(others) {
    epoll_event both{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.fd = socket}};
    if (epoll_.get() < 0 || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &both) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll");
    }
  }

  boost::system::error_code operator()(direction) {
    for (;;) {
      others_.run_due();
      epoll_event one{};
      auto const n = others_.rest([&] {
        return others_.empty() ? ::epoll_wait(epoll_.get(), &one, 1, -1)
                               : ::epoll_pwait2(epoll_.get(), &one, 1, others_.time_till_due(), nullptr);
      });
      if (n > 0) return {};
      if (n < 0 && errno != EINTR) return last_errno();
    }
  }

 private:
  descriptor epoll_;
  other_work& others_;
};

}  // namespace

std::span<arm const> posix_epoll_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "posix.epoll",
          .sentence = "a hand-written loop that attempts, and waits in epoll_wait(2)",
          .one_connection = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<attempting<wait_in_epoll>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
