// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "operations/race.hpp"

#include <fcntl.h>

#include <algorithm>
#include <trivium/detail/forks.hpp>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {
namespace {

using namespace std::chrono_literals;

// RFC 8305, section 8: a shorter delay would burden networks and servers with connects that are thrown away.
constexpr nanoseconds least_delay = 100ms;

// How often a process that must not touch the set checks the attempts.
constexpr nanoseconds without_a_set = 10ms;

// How much an error explains why there is no connection, so that one error can stand for several. The highest
// says that a peer answered; then that this side could not, or must not, connect; then that no peer answered;
// the lowest, that this machine has no such network, as most have no IPv6.
int precedence(int code) noexcept {
  switch (code) {
    case ECONNREFUSED:
    case ECONNRESET:
      return 4;
    default:
      return 3;
    case ETIMEDOUT:
      return 2;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      return 1;
  }
}

bool is_under_way(int code) noexcept {
  return code == EINPROGRESS || code == EALREADY;
}

}  // namespace

std::vector<endpoint> interleaved(std::vector<endpoint> addresses) {
  if (addresses.empty()) return addresses;
  auto const first = addresses.front().family();
  auto const others = std::stable_partition(addresses.begin(), addresses.end(),
                                            [&](endpoint const& each) { return each.family() == first; });
  std::vector<endpoint> result;
  result.reserve(addresses.size());
  for (auto one = addresses.begin(), other = others; one != others || other != addresses.end();) {
    if (one != others) result.push_back(*one++);
    if (other != addresses.end()) result.push_back(*other++);
  }
  return result;
}

race::race(std::vector<endpoint> addresses, connect_options const& how)
    : addresses_{interleaved(std::move(addresses))},
      delay_{std::max(how.attempt_delay.length(), least_delay)},
      attempts_{how.attempts},
      options_{how.options} {
  // step() is noexcept and adds to both, so their memory is reserved here.
  running_.reserve(addresses_.size());
  if (attempts_ != nullptr) attempts_->reserve(addresses_.size());
}

attempt race::step() noexcept {
  unsigned calls = 0;
  if (start_now_ && more()) return start(calls);
  for (std::size_t i = 0; i != running_.size(); ++i) {
    // A repeated connect reports the state of the attempt: connected, EALREADY, or the error.
    int const code = connect(running_[i]);
    ++calls;
    if (!is_under_way(code)) return answered(i, code, calls);
  }
  return due() ? start(calls) : wait(calls);
}

bool race::due() const noexcept {
  return more() && set_.is_open() && now() >= next_at_;
}

int race::connect(runner const& who) noexcept {
  auto const& to = addresses_[who.address];
  return system().connect(who.on.native_handle(), to.data(), to.size()) == 0 ? 0 : errno;
}

int race::begin(runner& who) noexcept {
  if (!who.on.is_open()) return errno;
  for (auto const& option : options_)
    if (auto const error = who.on.set_option(option)) return error.value();
  return connect(who);
}

attempt race::start(unsigned calls) noexcept {
  start_now_ = false;
  auto const& to = addresses_[next_];
  running_.push_back(
      {socket{system().socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)}, next_++});
  auto& who = running_.back();
  if (attempts_ != nullptr) attempts_->push_back({to, errc::would_block});

  int code = begin(who);
  ++calls;
  if (more()) next_at_ = later(now(), delay_);
  if (is_under_way(code) || code == EINTR) {
    if (int const unwatched = watch(who); unwatched != 0) code = unwatched;
  }
  return is_under_way(code) ? wait(calls) : answered(running_.size() - 1, code, calls);
}

attempt race::answered(std::size_t number, int code, unsigned calls) noexcept {
  auto& who = running_[number];
  switch (code) {
    case 0:
    case EISCONN:
      if (met_itself(who.on, addresses_[who.address])) return lost(number, ECONNREFUSED, calls);
      return won(who, calls);
    case EINTR:  // the attempt goes on
      return {.what = attempt::outcome::again, .calls = calls};
    case EAGAIN:
      // A Unix listener's backlog is full. No event reports that it has room again, so the connect is
      // retried. For TCP connect(2) documents EAGAIN as a full routing cache, which no wait for this
      // descriptor mends.
      if (addresses_[who.address].family() != AF_UNIX) return lost(number, ENOBUFS, calls);
      backlog_pause_ = std::clamp<nanoseconds>(backlog_pause_ * 2, 1ms, 20ms);
      return {.what = attempt::outcome::would_block, .look_again = backlog_pause_, .calls = calls};
    default:
      break;
  }
  return lost(number, code, calls);
}

// If no socket listens at a port of this machine, the kernel may choose that same port for our end. The
// socket then connects to itself, which TCP accepts as a simultaneous open (RFC 9293, 3.5).
bool met_itself(socket const& on, endpoint const& to) noexcept {
  if (to.family() == AF_UNIX) return false;
  auto const here = on.local_endpoint();
  if (!here || here->port() != to.port()) return false;
  auto const there = on.remote_endpoint();
  return there && *there == *here;
}

attempt race::won(runner& who, unsigned calls) noexcept {
  report(who, {});
  winner_ = std::move(who.on);
  running_.clear();  // the set stays open: a wait for it may be outstanding until the winner is taken

  // The connection is blocking, as the system makes sockets. No way depends on it.
  auto const fd = winner_.native_handle();
  int const flags = system().get_flags(fd);
  if (flags < 0 || system().set_flags(fd, flags & ~O_NONBLOCK) < 0) return failed(last_error());
  return {.what = attempt::outcome::done, .calls = calls};
}

attempt race::lost(std::size_t number, int code, unsigned calls) noexcept {
  auto& who = running_[number];
  report(who, kernels(code));
  if (precedence(code) > precedence(error_) || error_ == 0) error_ = code;
  // The last attempt's descriptor stays open as long as the race: a wait for it may be outstanding.
  if (!more() && running_.size() == 1)
    return {.what = attempt::outcome::failed, .error = kernels(error_), .calls = calls};

  // Closing the descriptor does not remove it from the set where a child process holds a copy of it.
  if (set_.is_open() && who.on.is_open() && !shares_set())
    system().epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, who.on.native_handle(), nullptr);
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(number));
  start_now_ = true;
  return {.what = attempt::outcome::again, .calls = calls};
}

attempt race::wait(unsigned calls) noexcept {
  if (more() && !set_.is_open() && !in_turn_) {
    set_ = socket{system().epoll_create1(EPOLL_CLOEXEC)};
    set_made_after_forks_ = detail::forks();
    if (!set_.is_open() || watch(running_.front()) != 0) {
      set_.close();
      in_turn_ = true;
    }
  }
  attempt answer{.what = attempt::outcome::would_block, .calls = calls};
  if (shares_set()) {
    answer.look_again = without_a_set;
    return answer;
  }
  if (set_.is_open())
    answer.waits_for = {set_.native_handle(), readiness::readable};
  else
    answer.waits_for = {running_.front().on.native_handle(), readiness::writable};
  if (more() && set_.is_open()) answer.look_again = std::max(time_between(now(), next_at_), nanoseconds{1});
  return answer;
}

// A child shares the set with its parent: what it added or removed would change the set for both.
bool race::shares_set() const noexcept {
  return set_.is_open() && set_made_after_forks_ != detail::forks();
}

int race::watch(runner const& who) noexcept {
  if (!set_.is_open() || shares_set()) return 0;
  epoll_event event{};
  event.events = EPOLLOUT;
  auto const fd = who.on.native_handle();
  return system().epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

void race::report(runner const& who, error_code what) noexcept {
  if (attempts_ != nullptr) (*attempts_)[who.address].error = what;
}

}  // namespace trivium
