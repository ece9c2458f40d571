// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// One asynchronous operation: an operation, the place where it waits, and whom it tells.
//
// Its state is one block from the handler's associated allocator, freed before the handler is called. What
// Asio needs to wait stands in that block too, so that steady state allocates nothing: Asio's default
// allocator recycles two blocks for each thread, one for each direction of a connection.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <trivium/detail/block.hpp>
#include <trivium/detail/completion.hpp>
#include <trivium/detail/events.hpp>
#include <trivium/detail/handler_room.hpp>
#include <trivium/detail/kept_work.hpp>
#include <trivium/detail/one_call.hpp>
#include <trivium/detail/operation_access.hpp>
#include <trivium/detail/readiness.hpp>
#include <trivium/detail/stop_gate.hpp>
#include <trivium/trampoline.hpp>
#include <tuple>
#include <utility>

namespace trivium::detail {

/// Of a transfer of memory, the call with which it may begin; of another operation, none.
struct no_call {
  explicit operator bool() const noexcept { return false; }
};
template <class Operation>
struct first_call_of {
  using type = no_call;
};
template <>
struct first_call_of<transfer<memory_source>> {
  using type = one_call<direction::send>;
};
template <>
struct first_call_of<transfer<memory_sink>> {
  using type = one_call<direction::receive>;
};

/// Run by whoever has the turn among the `events` that it waits for.
///
/// A transfer through a bare descriptor, told on the place's own loop, that nothing but the peer can end,
/// without a limit, a stop or a cancellation slot, is *alone* with its one event at a time: what waits for
/// that is the last to touch it, and none of this is needed.
///
/// One whose handler is told in another execution context is *away*: it acts in that context's threads, and
/// passes the gate of the place's context before it touches anything there.
template <class Operation, class Place, class Handler>
class operation_state : handler_room<wait_room, operation_state<Operation, Place, Handler>> {
  using room_for_waits = handler_room<wait_room, operation_state>;
  using room_for_timers = handler_room<timer_room, operation_state>;
  friend room_for_waits;
  friend room_for_timers;

  using io_executor = std::remove_cvref_t<decltype(std::declval<Place&>().get_executor())>;
  using executor = boost::asio::associated_executor_t<Handler, io_executor>;
  using allocator = allocator_of<Handler>;
  using work = kept_work<io_executor>;
  using io_context = boost::asio::io_context;
  using access = detail::operation_access;
  using arguments_type = decltype(completion<Operation>::arguments(std::declval<Operation&>()));

 public:
  /// How it begins: with an attempt; with a wait, because an attempt would be in vain; or with one call,
  /// which may do it all: then there is no operation.
  using first_call = typename first_call_of<Operation>::type;
  struct beginning {
    interest waits_for{};
    first_call call{};
  };

  /// `make()` makes the operation where it stays. `timed` if a limit or a stop can end it, or it may
  /// have to look again after a time.
  ///
  /// Requires: a call is for one that is not timed. Errors: throws std::bad_alloc if there is no memory to
  /// begin with, and then nothing has happened; where bytes have moved by then, the handler is told ENOMEM.
  /// (If that takes no memory: behind a strand it does, and without it the call throws all the same.)
  template <class Make>
  static void start(Make make, bool timed, Place place, Handler& handler, beginning const& how = {}) {
    bool const elsewhere = told_elsewhere(handler, place);
    bool const away =
        elsewhere && context_of(get_executor_of(handler, place)) != context_of(place.get_executor());
    timed = timed || elsewhere;
    memory room{get_allocator_of(handler), away ? sizeof(beside_away) : timed ? sizeof(beside) : 0};
    if constexpr (!std::is_same_v<first_call, no_call>) {
      if (how.call && !elsewhere) {
        auto* const self = ::new (room.first()) operation_state{std::move(place), handler};
        room.keep();
        return self->begin([&] { return self->make(how.call); });
      }
    }
    if (away) return start_away(make, std::move(place), handler, how, room);
    auto* const self = ::new (room.first()) operation_state{make, std::move(place), handler};
    if (timed) self->beside_ = ::new (room.second()) beside{*self};
    room.keep();
    self->begin([&] { return self->first_advance(how); });
  }

 private:
  using event = events::event;
  using enum events::event;

  // What Asio, or the stop callback, calls when an event has come. Destroyed uncalled when the context is.
  template <event What>
  class arrival {
   public:
    explicit arrival(operation_state& of) noexcept : state_{reinterpret_cast<std::uintptr_t>(&of)} {
      if (!of.alone_) of.events_.expect();
    }
    struct expected_already {};
    arrival(operation_state& of, expected_already) noexcept : state_{reinterpret_cast<std::uintptr_t>(&of)} {}
    arrival(arrival&& from) noexcept : state_{std::exchange(from.state_, from.state_ | gone)} {}
    ~arrival() {
      if ((state_ & gone) == 0) of().dropped();
    }

    using executor_type = executor;
    decltype(auto) get_executor() const noexcept { return of().get_executor(); }

    using allocator_type =
        room_allocator<std::byte, std::conditional_t<What == time, room_for_timers, room_for_waits>>;
    allocator_type get_allocator() const noexcept {
      if constexpr (What == time)
        return allocator_type{*of().beside_};
      else
        return allocator_type{of()};
    }

    using cancellation_slot_type = boost::asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept {
      // Asio takes memory for each wait that can be cancelled.
      if constexpr (What == ready && Place::shared)
        return of().alone_ ? boost::asio::cancellation_slot{} : of().wait_signal_.slot();
      else if constexpr (What == writable)
        return of().beside_->writable_signal.slot();
      else
        return {};
    }

    void operator()(error_code error = {}) {
      auto& arrives_at = of();
      state_ |= gone;
      arrives_at.template arrived<What>(error);
    }

   private:
    // One that was moved from knows its operation still: where a wait cannot begin, Asio gives the memory for
    // it back that way. (A bit of the address, since the room for it is measured.)
    static constexpr std::uintptr_t gone = 1;
    operation_state& of() const noexcept { return *reinterpret_cast<operation_state*>(state_ & ~gone); }

    std::uintptr_t state_;
  };

  // In the thread that asks to stop, while the operation's own may be ending it: until this has returned it
  // is not freed, as its stop callback is not.
  struct on_stop {
    operation_state* self;
    void operator()() const noexcept {
      auto const gate = self->beside_->gate;
      gate->pass([&] {
        if (self->events_.ask() != events::asked::expected) return;
        self->events_.expect();  // for as long as this takes
        post_stop();
        if (self->events_.drop()) self->drop();
      });
    }

   private:
    void post_stop() const noexcept {
      using arrives = arrival<stop>;
      arrives stops{*self, typename arrives::expected_already{}};
      self->beside_->stop_posted.store(true, std::memory_order_relaxed);
      auto const post = [&] { detail::post(std::move(stops), self->place_.get_executor()); };
      bool posted = true;
      try {
        auto const& theirs = self->gate_of_handler();
        if (theirs)
          posted = theirs->pass(post);
        else
          post();
      } catch (std::bad_alloc const&) {
        posted = false;
      } catch (boost::system::system_error const&) {
        posted = false;
      }
      if (!posted)
        self->beside_->stop_posted.store(false, std::memory_order_relaxed);  // it is seen at the next event
    }
  };

  struct on_cancel {
    operation_state* self;
    void operator()(boost::asio::cancellation_type asked) const {
      if (self->made_ && completion<Operation>::heeds(asked, self->operation_)) self->cancel();
    }
  };

  // What most operations do without.
  struct beside : room_for_timers {
    explicit beside(operation_state& of) noexcept : self{&of} {}
    operation_state* self;
    boost::asio::cancellation_signal writable_signal;
    short writable_error = 0;
    bool away = false;  // from the beginning on, as it is
    bool stop_arrived = false;
    std::atomic<bool> stop_posted{false};  // any thread
    std::optional<boost::asio::steady_timer> timer;
    std::shared_ptr<stop_gate::state> gate;  // of the place's context
    std::optional<std::stop_callback<on_stop>> stop_callback;
  };
  // And what one does without that is not away. A loop must not run out of work whose operation is just then
  // in the hands of another context.
  struct beside_away final : beside, stop_gate::dependent {
    using beside::beside;
    std::optional<work> keeps_running;
    std::shared_ptr<stop_gate::state> gate_of_handler;  // of its context, if a stop may come

    void let_go() noexcept override {
      this->timer.reset();
      this->self->place_.let_go();
    }
  };

  using memory = block<operation_state, allocator>;

  operation_state(Place place, Handler& handler)
      : told_{}, handler_{std::move(handler)}, place_{std::move(place)} {}
  template <class Make>
  operation_state(Make& make, Place place, Handler& handler)
      : operation_{make()}, handler_{std::move(handler)}, place_{std::move(place)}, made_{true} {}
  ~operation_state() {
    if (made_) operation_.~Operation();
  }

  // (Of a context that is being destroyed the handler is destroyed uncalled.)
  template <class Make>
  static void start_away(Make& make, Place place, Handler& handler, beginning const& how, memory& room) {
    auto const gate = stop_gate::of(place.get_executor());
    gate->pass([&] {
      work keeps_running{gate, place.get_executor()};
      auto* const self = ::new (room.first()) operation_state{make, std::move(place), handler};
      auto* const more = ::new (room.second()) beside_away{*self};
      more->away = true;
      more->gate = gate;
      more->keeps_running.emplace(std::move(keeps_running));
      gate->add(*more);
      self->beside_ = more;
      room.keep();
      self->begin([&] {
        if (self->operation_.stop().stop_possible())
          more->gate_of_handler = stop_gate::of(self->get_executor());
        return self->first_advance(how);
      });
    });
  }

  bool away() const noexcept { return beside_ != nullptr && beside_->away; }
  // None, if that is the place's too.
  std::shared_ptr<stop_gate::state> gate_of_handler() const noexcept {
    return away() ? static_cast<beside_away*>(beside_)->gate_of_handler : nullptr;
  }

  // By reference, where the handler leaves it to the place.
  decltype(auto) get_executor() noexcept { return get_executor_of(handler_, place_); }

  template <class FirstAdvance>
  void begin(FirstAdvance first_advance) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    alone_ = beside_ == nullptr && !slot.is_connected();
    if (alone_) {
      if (first_advance()) tell_soon();
      return;
    }
    events_.begin();
    try {
      if (slot.is_connected()) slot.template emplace<on_cancel>(on_cancel{this});
      first_advance();
    } catch (std::bad_alloc const&) {
      if (!events_.any_expected() && bytes() == 0) {
        slot.clear();
        drop();
        throw;
      }
      fail(no_memory());
    } catch (boost::system::system_error const& refused) {
      fail(refused.code());
    }
    // What has come meanwhile, in other threads, is for this one. But a handler is never called inside the
    // initiating call.
    while (!ended() || !settled()) {
      if (events_.rest()) return;
      look();
    }
    slot.clear();
    events_.end();
    tell_soon();
  }

  // Like all that turns it: whether it has ended. If not, one that is alone may be gone.
  bool first_advance(beginning const& how) {
    if (how.waits_for.until != readiness::none && access::expect(operation_, how.waits_for))
      return follow(progress::pending);
    return advance();
  }

  bool make(first_call const& call) {
    auto const n = call.make(may_block::no);
    if (call.completed_by(n)) {
      told_ = call.result(n);
      place_.learn(told_, Operation::moving);
      return true;
    }
    ::new (static_cast<void*>(&operation_)) Operation{call.remainder(n, may_block::no)};
    made_ = true;
    auto const how = access::how_far(operation_);
    return how == progress::yielded ? advance() : follow(how);
  }

  bool ended() const noexcept { return !made_ || operation_.ended(); }

  template <event What>
  void arrived(error_code error) {
    if constexpr (What == ready) ready_error_ = static_cast<short>(error.value());
    if constexpr (What == writable) beside_->writable_error = static_cast<short>(error.value());
    if constexpr (What == ready || What == go) {
      if (alone_) {
        if (handle_alone<What>()) complete();
        return;
      }
    }
    if (away())
      arrived_away(What);
    else if (notify(What))
      complete();
  }

  template <event What>
  bool handle_alone() {
    pending_ = 0;
    if (ended()) return true;
    if (place_.lost()) return fail(errc::stopped);
    if constexpr (What == ready) {
      place_.leave();
      if (ready_error_ != 0) return fail(wait_failed(ready_error_));
    }
    return advance();
  }

  // The handler is called past the gate: who destroys the place's context meanwhile does not wait for it.
  void arrived_away(event what) {
    if (!notify_away(what) && events_.drop()) drop();
  }
  // False: the place's context is gone.
  [[gnu::noinline]] bool notify_away(event what) {
    auto const gate = beside_->gate;
    std::optional<departure> told;
    bool const there = gate->pass([&] {
      if (notify(what)) told.emplace(*this);
    });
    if (told) told->call();
    return there;
  }

  void cancel() {
    if (away())
      notify_away(cancelled);
    else if (notify(cancelled))
      complete();
  }

  // Whether to complete it, which is then the caller's. If not, it may be gone.
  bool notify(event what) { return events_.arrive(what) && run(); }

  // Requires: the turn.
  bool run() {
    do {
      look();
      if (ended() && settled()) return true;
    } while (!events_.rest());
    return false;
  }
  void look() {
    try {
      handle(events_.take());
    } catch (std::bad_alloc const&) {
      fail(no_memory());
    } catch (boost::system::system_error const& refused) {
      fail(refused.code());
    }
  }

  bool handle(unsigned seen) {
    pending_ = static_cast<unsigned char>(pending_ & ~seen);
    if ((seen & stop) != 0) beside_->stop_arrived = true;
    if (ended()) return true;
    if (place_.lost()) return fail(errc::stopped);

    if ((seen & cancelled) != 0) operation_.request_stop();
    if ((seen & ready) != 0) {
      place_.leave();
      if (ready_error_ != 0) return fail(wait_failed(ready_error_));
    }
    if ((seen & writable) != 0 && beside_->writable_error != 0)
      return fail(wait_failed(beside_->writable_error));
    // A timer that was set to an earlier time comes back without news.
    if (seen == time && now() < operation_.due()) return follow(progress::pending);
    return advance();
  }

  static error_code no_memory() noexcept { return {ENOMEM, boost::system::system_category()}; }

  bool fail(error_code why) noexcept {
    operation_.fail(why);
    learn();
    return true;
  }

  bool advance() {
    if (waiting_since_ != time_point{}) {
      operation_.waited(now() - waiting_since_);
      waiting_since_ = {};
    }
    return follow(operation_.advance(async::budget));
  }

  // Whoever comes later finds the connection by its registration only.
  bool follow(progress how) {
    if (how == progress::done) {
      learn();
      return true;
    }
    if (int const code = place_.attach(operation_.interest()); code != 0) return fail(wait_failed(code));
    if (how == progress::pending)
      wait();
    else if (!pending(go))
      expect<go>([this](auto arrives) { detail::post(std::move(arrives), place_.get_executor()); });
    return false;
  }

  void learn() noexcept {
    if constexpr (moves_bytes<Operation>)
      if (!place_.gone()) place_.learn(operation_.result(), Operation::moving);
  }

  // `begin` takes the arrival of the event to where it comes from.
  template <event What, class Begin>
  void expect(Begin begin) {
    pending_ |= What;
    if (alone_) return begin(arrival<What>{*this});
    try {
      begin(arrival<What>{*this});
    } catch (...) {
      pending_ = static_cast<unsigned char>(pending_ & ~What);
      throw;
    }
  }

  // The last that touches it here. Where the post fails, its arrival was all that kept the operation.
  void tell_soon() {
    pending_ |= go;
    // The connection, and its executor, may be gone when this is told.
    told_on_ = loop_of(get_executor());
    is_told_soon_ = true;
    if (told_on_ == nullptr) return post<go>();
    if (!async::trampoline::take(told_on_, bytes(), {this, [](void* self, async::trampoline::telling how) {
                                                       static_cast<operation_state*>(self)->tell_now(how);
                                                     }}))
      post_to(*told_on_, arrival<go>{*this});
  }

  void tell_now(async::trampoline::telling how) {
    if (how == async::trampoline::telling::posted) return post_to(*told_on_, arrival<go>{*this});
    alone_ ? complete() : arrival<go>{*this}();
  }

  template <event What>
  void post() {
    detail::post(arrival<What>{*this}, place_.get_executor());
  }

  void wait() {
    if (waiting_since_ == time_point{}) waiting_since_ = now();
    auto const what = operation_.interest();
    bool const alone = alone_;
    if constexpr (Place::shared) {
      // Each direction apart: both may be wanted, or another than the last time. One that is wanted no more
      // costs a turn, if it comes.
      if (what.until == readiness::readable || what.until == readiness::either)
        wait_for<ready>({what.descriptor, readiness::readable});
      if (what.until == readiness::writable || what.until == readiness::either)
        wait_to_write({what.descriptor, readiness::writable});
    } else if (what.until != readiness::none) {
      wait_for<ready>(what);
    }
    if (alone || beside_ == nullptr) return;
    if (auto const due = operation_.due(); due != time_point::max()) wait_until(due);
    if (!beside_->stop_callback && operation_.stop().stop_possible()) {
      if (!beside_->gate) beside_->gate = stop_gate::of(place_.get_executor());
      beside_->stop_callback.emplace(operation_.stop(), on_stop{this});
    }
  }

  template <event What>
  void wait_for(interest what) {
    if (pending(What)) return;
    expect<What>([&](auto arrives) { place_.async_wait(what, std::move(arrives)); });
  }

  // Only what is more than a descriptor waits for both directions, and that is timed.
  void wait_to_write(interest what) {
    if (beside_ != nullptr)
      wait_for<writable>(what);
    else
      wait_for<ready>(what);
  }

  // A timer that is set too early looks and sets itself again; so it is set rarely.
  void wait_until(time_point due) {
    auto& timer = beside_->timer;
    if (!timer) timer.emplace(place_.get_executor());
    if (pending(time)) {
      if (timer->expiry() > due) timer->cancel();
      return;
    }
    timer->expires_at(due);
    expect<time>([&](auto arrives) { timer->async_wait(std::move(arrives)); });
  }

  bool pending(event what) const noexcept { return (pending_ & what) != 0; }

  // Ends what is still waited for. Whether all of it has come back.
  bool settled() {
    if (beside_ != nullptr) beside_->stop_callback.reset();  // waits for one under way: it may post
    if (!std::exchange(settling_, true)) {
      if constexpr (Place::shared) {
        // (Where the connection is gone they have been ended, and what they were cancelled by is gone too.)
        using enum boost::asio::cancellation_type;
        if (pending(ready) && !place_.gone()) wait_signal_.emit(terminal);
        if (pending(writable) && !place_.gone()) beside_->writable_signal.emit(terminal);
      } else {
        place_.leave();  // before its descriptors are closed
      }
      if (pending(time)) beside_->timer->cancel();
    }
    return pending_ == 0 && (beside_ == nullptr ||
                             beside_->stop_arrived == beside_->stop_posted.load(std::memory_order_relaxed));
  }

  io_context* loop() noexcept {
    if (!async::trampoline::any()) return nullptr;
    return is_told_soon_ ? told_on_ : loop_of(get_executor());
  }

  void complete() {
    async::trampoline::handler_call call{loop(), bytes()};
    departure{*this}.call();
    call.tell_rest();
  }

  // What is left of an operation when its handler is called: it is freed before.
  class departure {
   public:
    explicit departure(operation_state& of) noexcept
        : handler_{std::move(of.handler_)}, arguments_{of.arguments()} {
      if (of.away()) take_work(*static_cast<beside_away*>(of.beside_));
      if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected())
        slot.clear();
      of.destroy(get_allocator_of(handler_));
    }
    departure(departure const&) = delete;
    departure& operator=(departure const&) = delete;

    void call() { std::apply(std::move(handler_), std::move(arguments_)); }

   private:
    void take_work(beside_away& from) noexcept {
      from.gate->pass([&] { work_.emplace(std::move(*from.keeps_running)); });
    }

    std::optional<work> work_;
    Handler handler_;
    arguments_type arguments_;
  };

  std::size_t bytes() const noexcept { return made_ ? operation_.result().bytes : told_.bytes; }
  arguments_type arguments() {
    if constexpr (moves_bytes<Operation>)
      if (!made_) return arguments_type{told_};
    return completion<Operation>::arguments(operation_);
  }

  // An arrival was destroyed uncalled: the context is being destroyed, and the handler with it; or it could
  // not be taken to where it should come from, which whoever runs the operation hears of.
  void dropped() noexcept {
    if (alone_ || events_.drop()) drop();
  }
  void drop() noexcept {
    // Some of Asio's may stand here still.
    if (room_for_waits::await() || (beside_ != nullptr && beside_->await())) return;
    place_.leave();
    auto const handler = std::move(handler_);  // it may own what its allocator allocates from
    destroy(get_allocator_of(handler));
  }
  static void given_back(room_for_waits& of) noexcept { static_cast<operation_state&>(of).drop(); }
  static void given_back(room_for_timers& of) noexcept { static_cast<beside&>(of).self->drop(); }

  void destroy(allocator from) noexcept {
    bool const was_away = away();
    memory const freed{from, this, was_away ? sizeof(beside_away) : beside_ != nullptr ? sizeof(beside) : 0};
    if (was_away)
      destroy(*static_cast<beside_away*>(beside_));
    else if (beside_ != nullptr)
      beside_->~beside();
    this->~operation_state();
  }
  static void destroy(beside_away& all) noexcept {
    all.stop_callback.reset();  // which reads the gate, in another thread
    auto const gate = std::move(all.gate);
    auto const destroyed = [&] { all.~beside_away(); };
    gate->withdraw(all, destroyed, destroyed);
  }

  union {
    Operation operation_;
    transfer_result told_;  // if one call has done it all
  };
  Handler handler_;
  beside* beside_ = nullptr;
  union {
    time_point waiting_since_{};
    io_context* told_on_;  // the loop, once it is told soon
  };
  boost::asio::cancellation_signal wait_signal_;

  // (All of this is small, for the block to be one that Asio recycles.)
  [[no_unique_address]] Place place_;

  // Any thread.
  events events_;

  bool made_ = false;   // whether there is an operation
  bool alone_ = false;  // from the beginning on, as it is

  // The thread whose turn it is.
  bool is_told_soon_ = false;
  bool settling_ = false;
  unsigned char pending_ = 0;  // events that Asio owes us
  short ready_error_ = 0;
};

}  // namespace trivium::detail
