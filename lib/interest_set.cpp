// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/interest_set.hpp>

#include <array>
#include <trivium/detail/forks.hpp>
#include <utility>

#include "system.hpp"

namespace trivium::detail {
namespace {

constexpr unsigned at_end = EPOLLRDHUP | EPOLLHUP | EPOLLERR, urgent = EPOLLPRI;

constexpr auto all = [](auto&) { return true; };

bool is_tcp(int descriptor) noexcept {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return system().getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
         protocol == IPPROTO_TCP;
}

}  // namespace

interest_set::wait* interest_set::wait_queue::take() noexcept {
  if (first_ == nullptr) return nullptr;
  auto* const taken = std::exchange(first_, first_->next_);
  if (first_ == nullptr) last_ = nullptr;
  taken->next_ = nullptr;
  return taken;
}

void interest_set::wait_queue::add(wait& one, int error) noexcept {
  one.error_ = error;
  one.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &one;
  last_ = &one;
}

int interest_set::open() noexcept {
  if (set_.is_open()) return 0;
  set_ = socket{system().epoll_create1(EPOLL_CLOEXEC)};
  made_after_forks_ = forks();
  return set_.is_open() ? 0 : errno;
}

int interest_set::adopt() noexcept {
  if (!is_shared_with_parent()) return 0;
  socket own{system().epoll_create1(EPOLL_CLOEXEC)};
  int error = own.is_open() ? 0 : errno;
  if (error == 0) {
    set_ = std::move(own);  // the child's copy of the parent's is closed
    made_after_forks_ = forks();
  }
  for (auto* each = first_; each != nullptr; each = each->next_) {
    each->drained_ = each->completes_next_ = false;
    if (error == 0) error = control(EPOLL_CTL_ADD, *each);
  }
  if (error == 0) return 0;
  complete_all(error);
  while (first_ != nullptr) std::exchange(first_, first_->next_)->descriptor_ = -1;
  return error;
}

void interest_set::complete_all(int error) noexcept {
  for (auto* each = first_; each != nullptr; each = each->next_) complete(*each, error, all);
}

int interest_set::add(member& of, int descriptor) noexcept {
  if (is_shared_with_parent()) return EBADF;
  of.descriptor_ = descriptor;
  of.drained_ = of.exceptional_ = of.completes_next_ = false;
  if (int const error = control(EPOLL_CTL_ADD, of); error != 0) {
    of.descriptor_ = -1;
    return error;
  }
  of.is_tcp_ = is_tcp(descriptor);
  of.previous_ = nullptr;
  of.next_ = std::exchange(first_, &of);
  if (of.next_ != nullptr) of.next_->previous_ = &of;
  return 0;
}

void interest_set::remove(member& of) noexcept {
  if (!of.is_added()) return;
  cancel(of);
  // Closing the descriptor would not remove it from the set while another process has a copy of it.
  if (!is_shared_with_parent()) control(EPOLL_CTL_DEL, of);
  of.descriptor_ = -1;
  if (of.next_ != nullptr) of.next_->previous_ = of.previous_;
  (of.previous_ != nullptr ? of.previous_->next_ : first_) = of.next_;
}

int interest_set::begin(wait& one, member& of, readiness until) noexcept {
  if (is_shared_with_parent()) return EBADF;
  if (until == readiness::readable && std::exchange(of.completes_next_, false)) {
    completed.add(one, 0);
    return 0;
  }
  one.until_ = until;
  one.next_ = std::exchange(of.waits_, &one);
  ++waiting_;
  if (until == readiness::readable && of.is_drained()) return 0;
  int const error = control(EPOLL_CTL_MOD, of);
  if (error != 0) withdraw(one, of);
  return error;
}

void interest_set::withdraw(wait& one, member& of) noexcept {
  for (auto** at = &of.waits_; *at != nullptr; at = &(*at)->next_) {
    if (*at != &one) continue;
    *at = one.next_;
    --waiting_;
    return;
  }
}

void interest_set::cancel(wait& one, member& of) noexcept {
  complete(of, ECANCELED, [&](auto& each) { return &each == &one; });
}

void interest_set::cancel(member& of) noexcept {
  complete(of, ECANCELED, all);
}

void interest_set::drained(member& of) noexcept {
  if (of.is_added() && of.is_tcp_ && !of.exceptional_) of.drained_.store(true, std::memory_order_relaxed);
}

std::size_t interest_set::collect(int timeout) noexcept {
  // The events of a set that is the parent's refer to the parent's memory.
  if (!set_.is_open() || is_shared_with_parent()) return 0;
  std::array<epoll_event, 256> events;
  int const n =
      system().epoll_wait(set_.native_handle(), events.data(), static_cast<int>(events.size()), timeout);
  auto const before = waiting_;
  for (std::size_t i = 0; n > 0 && i != static_cast<std::size_t>(n); ++i)
    ready(*static_cast<member*>(events[i].data.ptr), events[i].events);
  return before - waiting_;
}

// Every event that is reported is complete: it says how the descriptor is now.
void interest_set::ready(member& of, unsigned events) noexcept {
  bool const input = (events & (EPOLLIN | at_end)) != 0;
  bool const room = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  of.exceptional_ = (events & (at_end | urgent)) != 0;
  if (input) of.drained_.store(false, std::memory_order_relaxed);
  complete(of, 0, [&](auto const& each) {
    return (input && each.until_ != readiness::writable) || (room && each.until_ != readiness::readable);
  });
}

// A child shares the set with its parent: what it added or removed would change the set for both.
bool interest_set::is_shared_with_parent() const noexcept {
  return made_after_forks_ != forks() && set_.is_open();
}

int interest_set::control(int what, member& of) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | urgent | EPOLLET;
  // Room that nobody waits for would be reported at each EPOLL_CTL_MOD.
  for (auto const* each = of.waits_; each != nullptr; each = each->next_)
    if (each->until_ != readiness::readable) event.events |= EPOLLOUT;
  event.data.ptr = &of;
  return system().epoll_ctl(set_.native_handle(), what, of.descriptor_, &event) == 0 ? 0 : errno;
}

template <class Predicate>
void interest_set::complete(member& of, int error, Predicate which) noexcept {
  for (auto** at = &of.waits_; *at != nullptr;) {
    auto& each = **at;
    if (!which(each)) {
      at = &each.next_;
      continue;
    }
    *at = each.next_;
    completed.add(each, error);
    --waiting_;
  }
}

}  // namespace trivium::detail
