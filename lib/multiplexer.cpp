// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/multiplexer.hpp>

#include <sys/eventfd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <list>
#include <new>
#include <utility>

#include "system.hpp"

namespace trivium::nonblocking {
namespace {

[[noreturn]] void refuse(int code) {
  throw boost::system::system_error{error_code{code, boost::system::system_category()}};
}

}  // namespace

// A connection of which operations have been started: the registration by which its socket reports that it
// loses its descriptor.
class multiplexer::registration final : public descriptor_registration {
 public:
  registration(multiplexer& of, socket& over) noexcept
      : descriptor_registration{loop_kind::multiplexer}, owner{&of}, connection{&over} {
    next_of_loop = std::exchange(of.registrations_, this);
    if (next_of_loop != nullptr) next_of_loop->previous_of_loop = this;
    over.add(*this);
  }

  multiplexer* const owner;
  socket* const connection;
  detail::interest_set::member member;
  task* first = nullptr;
  registration *previous_of_loop = nullptr, *next_of_loop = nullptr;

 private:
  void end() noexcept override {
    while (first != nullptr) {
      auto& one = *first;
      owner->stop_waiting(one);
      owner->unlink(one);
      one.at = nullptr;
      one.lost = true;
      owner->link(one);
      owner->make_runnable(one);
    }
    owner->set_.remove(member);
    owner->take_completed();  // operations on other connections may have waited for this descriptor
    if (next_of_loop != nullptr) next_of_loop->previous_of_loop = previous_of_loop;
    (previous_of_loop != nullptr ? previous_of_loop->next_of_loop : owner->registrations_) = next_of_loop;
    delete this;
  }
};

void multiplexer::wake_up::operator()() const noexcept {
  who->stop_asked_.store(true, std::memory_order_release);
  who->wake();
}

multiplexer::multiplexer() {
  if (int const code = set_.open(); code != 0) refuse(code);
  make_event();
}

void multiplexer::make_event() {
  event_.close();
  event_ = socket{system().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  int code = event_.is_open() ? set_.add(event_in_set_, event_.native_handle()) : errno;
  if (code == 0) code = set_.begin(woken_, event_in_set_, readiness::readable);
  if (code == 0) return;
  set_.remove(event_in_set_);
  refuse(code);
}

// The child's epoll set and eventfd are the parent's.
void multiplexer::adopt_after_fork() {
  if (!set_.is_shared_with_parent() && event_in_set_.is_added()) return;
  set_.withdraw(woken_, event_in_set_);
  set_.remove(event_in_set_);
  int const code = set_.adopt();
  take_completed();
  if (code != 0) refuse(code);
  make_event();
  wake();  // the parent's eventfd may have been written for this process
}

multiplexer::~multiplexer() {
  while (registrations_ != nullptr) {
    auto* const here = registrations_;
    here->connection->end_registrations([&](auto& each) { return &each == here; });
  }
  while (elsewhere_ != nullptr) {
    auto& one = *elsewhere_;
    stop_waiting(one);
    unlink(one);
    one.drop();
  }
  set_.remove(event_in_set_);
}

void multiplexer::begin(task& one, socket* over) {
  try {
    adopt_after_fork();
    if (over != nullptr && over->is_open()) {
      one.at = find(*over);
      if (one.at == nullptr) one.at = new registration{*this, *over};
    }
    if (one.op().stop().stop_possible()) one.on_stop.emplace(one.op().stop(), wake_up{this});
  } catch (...) {
    one.drop();
    throw;
  }
  link(one);
  ++size_;
  // A receive that would find nothing is not attempted.
  bool const drained = one.at != nullptr && one.at->member.is_drained();
  bool const waits = drained && one.expect({over->native_handle(), readiness::readable});
  if (waits) wait(one);
  if (!waits || one.op().ended()) make_runnable(one);
}

void multiplexer::cancel_all(socket const& of) noexcept {
  auto* const here = find(of);
  for (auto* each = here != nullptr ? here->first : nullptr; each != nullptr; each = each->next) {
    each->op().request_stop();
    make_runnable(*each);
  }
}

void multiplexer::post(std::function<void()> function) {
  {
    std::lock_guard const lock{posted_mutex_};
    posted_.push_back(std::move(function));
  }
  wake();
}

bool multiplexer::is_posted() noexcept {
  std::lock_guard const lock{posted_mutex_};
  return !posted_.empty();
}

// Those that are posted meanwhile have their turn when the set has been looked at again. (A list, since its
// functions are handed over without an allocation.)
void multiplexer::call_posted() {
  std::list<std::function<void()>> taken;
  {
    std::lock_guard const lock{posted_mutex_};
    taken.swap(posted_);
  }
  struct rest {
    multiplexer* self;
    std::list<std::function<void()>>* of;
    ~rest() {
      if (of->empty()) return;  // unless one has thrown
      std::lock_guard const lock{self->posted_mutex_};
      self->posted_.splice(self->posted_.begin(), *of);
      self->wake();
    }
  } const stays{this, &taken};
  while (!taken.empty()) {
    auto const next = std::move(taken.front());
    taken.pop_front();
    next();
  }
}

multiplexer::registration* multiplexer::find(socket const& over) noexcept {
  for (auto* each = over.registrations(); each != nullptr; each = each->next()) {
    if (each->registered_with() != descriptor_registration::loop_kind::multiplexer) continue;
    if (auto& found = static_cast<registration&>(*each); found.owner == this) return &found;
  }
  return nullptr;
}

multiplexer::task*& multiplexer::list_of(task const& one) noexcept {
  return one.at != nullptr ? one.at->first : elsewhere_;
}

void multiplexer::link(task& one) noexcept {
  one.next = std::exchange(list_of(one), &one);
  if (one.next != nullptr) one.next->previous = &one;
}

void multiplexer::unlink(task& one) noexcept {
  if (one.next != nullptr) one.next->previous = one.previous;
  (one.previous != nullptr ? one.previous->next : list_of(one)) = one.next;
  one.previous = one.next = nullptr;
}

void multiplexer::make_runnable(task& one) noexcept {
  if (&one == advanced_) {  // by its own source, sink or channel
    again_ = true;
    return;
  }
  if (std::exchange(one.runnable, true)) return;
  one.next_runnable = nullptr;
  (last_runnable_ != nullptr ? last_runnable_->next_runnable : first_runnable_) = &one;
  last_runnable_ = &one;
}

std::size_t multiplexer::run_once(time_point until) {
  adopt_after_fork();
  collect(first_runnable_ != nullptr ? time_point{} : until);
  // Those that yield come behind the last, and have their turn when the set has been looked at again.
  std::size_t ended = 0;
  for (auto const* const last = last_runnable_; first_runnable_ != nullptr;) {
    adopt_after_fork();  // the last function may have forked
    auto& one = *first_runnable_;
    first_runnable_ = one.next_runnable;
    if (first_runnable_ == nullptr) last_runnable_ = nullptr;
    one.runnable = false;
    bool const is_last = &one == last;
    if (advance(one)) {
      ++ended;
      one.complete();
    }
    if (is_last) break;
  }
  return ended;
}

void multiplexer::run() {
  while (!stopped() && (size_ != 0 || is_posted())) run_once();
  stopped_ = false;
}

void multiplexer::wake() noexcept {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = system().write(event_.native_handle(), &one, sizeof one);
}

void multiplexer::stop() noexcept {
  stopped_ = true;
  wake();
}

// Makes runnable what has completed its wait in the set, and notes whether another thread has woken this one.
void multiplexer::take_completed() noexcept {
  while (auto* const wait = set_.completed.take()) {
    if (wait == &woken_) {
      is_woken_ = true;
    } else {
      static_cast<task*>(wait)->in = nullptr;
      make_runnable(*static_cast<task*>(wait));
    }
  }
}

// Waits for the set, and makes runnable what is ready, due or to be stopped.
void multiplexer::collect(time_point until) {
  if (is_woken_) until = {};
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
  set_.collect(poll_timeout(until));
  take_completed();
  if (!timers_.empty())
    for (auto const at = now(); !timers_.empty() && timers_.begin()->first <= at;) {
      auto& one = *timers_.begin()->second;
      stop_waiting(one);
      make_runnable(one);
    }
  if (!std::exchange(is_woken_, false)) return;
  std::uint64_t drained = 0;
  [[maybe_unused]] auto const bytes = system().read(event_.native_handle(), &drained, sizeof drained);
  static_cast<void>(set_.begin(woken_, event_in_set_, readiness::readable));
  if (stop_asked_.exchange(false, std::memory_order_acquire)) {
    auto const look = [&](task* first) {
      for (auto* each = first; each != nullptr; each = each->next)
        if (each->op().stop().stop_requested()) make_runnable(*each);
    };
    look(elsewhere_);
    for (auto* each = registrations_; each != nullptr; each = each->next_of_loop) look(each->first);
  }
  call_posted();
}

// Whether it has ended.
bool multiplexer::advance(task& one) {
  stop_waiting(one);
  auto& op = one.op();
  if (one.waits_since != time_point{}) op.waited(now() - std::exchange(one.waits_since, {}));
  if (one.lost) op.fail(errc::stopped);
  bool const attempts = !op.ended();
  advanced_ = &one;
  auto const how = op.advance(loop_budget);
  advanced_ = nullptr;
  bool const again = std::exchange(again_, false) || how == progress::yielded;
  bool const empty = attempts && how != progress::yielded && op.interest().until == readiness::readable;
  if (empty && one.reports_drained() && one.at != nullptr) set_.drained(one.at->member);
  if (how == progress::pending && !again) wait(one);
  if (!op.ended()) {
    if (again) make_runnable(one);
    return false;
  }
  one.on_stop.reset();
  unlink(one);
  --size_;
  return true;
}

// If it cannot wait, its operation ends with the error.
void multiplexer::wait(task& one) noexcept {
  auto& op = one.op();
  one.waits_since = now();
  try {
    if (auto const due = op.due(); due != time_point::max()) one.timer = timers_.emplace(due, &one);
    int const code = enter(one, op.interest());
    if (code == 0) return;
    op.fail({code, boost::system::system_category()});
  } catch (std::bad_alloc const&) {
    op.fail({ENOMEM, boost::system::system_category()});
  }
  stop_waiting(one);
}

// A descriptor is in the set once, for all that wait for it.
int multiplexer::enter(task& one, interest const& what) {
  if (what.until == readiness::none) return 0;
  auto const is_of = [&](registration const& its) {
    return its.connection->native_handle() == what.descriptor;
  };
  auto* its = one.at != nullptr && is_of(*one.at) ? one.at : nullptr;
  if (its == nullptr)
    for (auto* each = registrations_; each != nullptr && its == nullptr; each = each->next_of_loop)
      if (is_of(*each)) its = each;
  if (its != nullptr && !its->member.is_added() && descriptors_.contains(what.descriptor)) its = nullptr;
  if (its != nullptr) {
    one.in = &its->member;
  } else {
    one.elsewhere = descriptors_.try_emplace(what.descriptor).first;
    ++(*one.elsewhere)->second.tasks;
    one.in = &(*one.elsewhere)->second.member;
  }
  int const code = one.in->is_added() ? 0 : set_.add(*one.in, what.descriptor);
  return code == 0 ? set_.begin(one, *one.in, what.until) : code;
}

void multiplexer::stop_waiting(task& one) noexcept {
  if (one.timer) timers_.erase(*std::exchange(one.timer, std::nullopt));
  if (one.in != nullptr) set_.withdraw(one, *std::exchange(one.in, nullptr));
  if (!one.elsewhere) return;
  auto const at = *std::exchange(one.elsewhere, std::nullopt);
  if (--at->second.tasks != 0) return;
  set_.remove(at->second.member);
  descriptors_.erase(at);
}

}  // namespace trivium::nonblocking
