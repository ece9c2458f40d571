// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Event loops written by hand, for many connections in one thread: the floors under every other. One is
// level-triggered and receives once for each event. The other is edge-triggered: it registers a descriptor
// once, and reads ahead, so that a short count shows that there is no more.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <system_error>

#include "../steps/descriptor.hpp"
#include "../steps/other_work.hpp"
#include "arm.hpp"
#include "in_turn.hpp"
#include "raw.hpp"
#include "read_ahead.hpp"
#include "sleepers.hpp"
#include "stepped.hpp"

namespace trivium::bench {

namespace {

bool would_block(ssize_t n) {
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void control(int epoll, int how, int socket, std::uint32_t events, void* who) {
  epoll_event one{.events = events, .data = {.ptr = who}};
  if (::epoll_ctl(epoll, how, socket, &one) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

/// Calls EPOLL_CTL_MOD only when the awaited event changes.
class by_level {
 public:
  by_level(int epoll, int socket, void* who) : epoll_(epoll), socket_(socket), who_(who) {
    control(epoll, EPOLL_CTL_ADD, socket, EPOLLIN, who);
  }

  // The step waits for its event: where data is there already, that comes with the next epoll_wait.
  static constexpr bool receives_at_once = false;
  void wait_to_receive() { watch(EPOLLIN); }
  void wait_to_send() { watch(EPOLLOUT); }
  void rest() { watch(0); }
  void on_events(std::uint32_t) {}

  /// One call; nothing if the step has to wait for more.
  bool receive(int socket, std::span<std::byte> bytes, std::size_t enough, outcome& so_far) {
    auto const left = raw::capped(bytes.subspan(so_far.bytes));
    auto const n = ::recv(socket, left.data(), left.size(), MSG_DONTWAIT);
    if (would_block(n)) return false;
    return !raw::received(n, so_far) || so_far.bytes >= enough;
  }

 private:
  void watch(std::uint32_t events) {
    if (events_ == events) return;
    control(epoll_, EPOLL_CTL_MOD, socket_, events, who_);
    events_ = events;
  }

  int epoll_;
  int socket_;
  void* who_;
  std::uint32_t events_ = EPOLLIN;
};

class by_edge {
 public:
  by_edge(int epoll, int socket, void* who) {
    control(epoll, EPOLL_CTL_ADD, socket, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, who);
  }

  static constexpr bool receives_at_once = true;
  void wait_to_receive() {}
  void wait_to_send() {}
  void rest() {}
  void on_events(std::uint32_t events) {
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) drained_ = false;
    // An end that came with data has no edge of its own.
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
  }

  bool receive(int socket, std::span<std::byte> bytes, std::size_t enough, outcome& so_far) {
    for (;;) {
      so_far.bytes += ahead_.take(bytes.subspan(so_far.bytes));
      if (so_far.bytes >= enough) return true;
      if (drained_ && !ended_) return false;
      auto const left = raw::capped(bytes.subspan(so_far.bytes));
      auto const ahead = left.size() < ahead_.room().size();
      auto const into = ahead ? ahead_.room() : left;
      auto const n = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
      if (would_block(n)) {
        drained_ = true;
        return false;
      }
      if (n > 0 && n < static_cast<ssize_t>(into.size())) drained_ = true;
      if (n > 0 && ahead) {
        ahead_.hold(static_cast<std::size_t>(n));
      } else if (!raw::received(n, so_far)) {
        return true;
      }
    }
  }

 private:
  read_ahead ahead_;
  bool drained_ = true;
  bool ended_ = false;
};

template <class Waits>
class loop_connection : public stepped<loop_connection<Waits>> {
  using base = stepped<loop_connection>;
  friend base;

 public:
  loop_connection(int epoll, lane const& from, sleepers<loop_connection>& asleep, std::size_t& lanes_left)
      : base(*from.what),
        socket_(from.socket),
        waits_(epoll, from.socket, this),
        asleep_(asleep),
        lanes_left_(lanes_left) {}

  void wake() { this->end_and_go_on(); }

  void on_events(std::uint32_t events) {
    waits_.on_events(events);
    if (!waiting_ || !(asked_.what == step::kind::send ? attempt_send() : attempt_receive())) return;
    waiting_ = false;
    this->end_and_go_on();
  }

 private:
  using base::asked_;
  using base::so_far_;

  bool receive() {
    if (Waits::receives_at_once && attempt_receive()) return true;
    waits_.wait_to_receive();
    waiting_ = true;
    return false;
  }

  bool send() {
    if (attempt_send()) return true;
    waits_.wait_to_send();
    waiting_ = true;
    return false;
  }

  void sleep() {
    waits_.rest();
    asleep_.add(asked_.at, *this);
  }

  void close() {
    socket_ = descriptor();
    --lanes_left_;
  }

  bool attempt_receive() { return waits_.receive(socket_.get(), asked_.bytes, this->enough(), so_far_); }

  bool attempt_send() {
    while (!this->left().empty()) {
      auto const left = raw::capped(this->left());
      auto const n = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (would_block(n)) return false;
      if (!raw::moved(n, so_far_)) return true;
    }
    return true;
  }

  descriptor socket_;
  Waits waits_;
  sleepers<loop_connection>& asleep_;
  std::size_t& lanes_left_;
  bool waiting_ = false;
};

template <class Waits>
class posix_loop final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    using connection = loop_connection<Waits>;
    descriptor const epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (epoll.get() < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    other_work others(lanes, kept);
    sleepers<connection> asleep;
    std::size_t lanes_left = 0;
    std::deque<connection> connections;
    for (auto const& each : lanes) {
      if (!has_socket(each)) continue;
      connections.emplace_back(epoll.get(), each, asleep, lanes_left);
      ++lanes_left;
    }
    for (auto& each : connections) each.start();
    std::array<epoll_event, 512> events;
    while (lanes_left > 0) {
      others.run_due();
      auto const due = std::min(asleep.due(), others.due().value_or(time_point::max()));
      auto const n = others.rest([&] { return wait(epoll.get(), events, due); });
      if (n < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_wait");
      for (int i = 0; i < n; ++i) {
        auto const& each = events[static_cast<std::size_t>(i)];
        static_cast<connection*>(each.data.ptr)->on_events(each.events);
      }
      asleep.wake_due();
    }
    others.run_due();
  }

 private:
  static int wait(int epoll, std::span<epoll_event> into, time_point due) {
    auto const room = static_cast<int>(into.size());
    if (due == time_point::max()) return ::epoll_wait(epoll, into.data(), room, -1);
    auto const left = std::max(due - clock::now(), duration{});
    auto const seconds = std::chrono::floor<std::chrono::seconds>(left);
    timespec const most{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    return ::epoll_pwait2(epoll, into.data(), room, &most, nullptr);
  }
};

}  // namespace

std::span<arm const> posix_loop_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "posix.loop",
          .sentence = "a hand-written event loop for many connections: epoll(7), level-triggered",
          .make = [] { return std::unique_ptr<way>(std::make_unique<posix_loop<by_level>>()); }},
      arm{.name = "posix.loop.edge",
          .sentence = "the same edge-triggered: each connection is registered once, and read ahead of",
          .make = [] { return std::unique_ptr<way>(std::make_unique<posix_loop<by_edge>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
