// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// One asynchronous operation: a turning object, the place where it waits, and whom it tells.
//
// Its state is one block from the handler's associated allocator, freed before the handler is called. What
// Asio needs to wait stands in that block too, so that steady state allocates nothing: Asio's default
// allocator recycles two blocks for each thread, one for each direction of a connection.
#pragma once

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <trivium/block.hpp>
#include <trivium/completion.hpp>
#include <trivium/events.hpp>
#include <trivium/handler_room.hpp>
#include <trivium/one_call.hpp>
#include <trivium/readiness.hpp>
#include <trivium/trampoline.hpp>

namespace trivium::async {

/// Run by whoever has the turn among the `events` that it waits for.
///
/// A transfer through a bare descriptor, told on the place's own loop, that nothing but the peer can end,
/// without a limit, a stop or a cancellation slot, is *alone* with its one event at a time: what waits for
/// that is the last to touch it, and none of this is needed.
template <class Turning, class Place, class Handler>
class operation {
  using io_executor = std::remove_cvref_t<decltype(std::declval<Place&>().get_executor())>;
  using executor = boost::asio::associated_executor_t<Handler, io_executor>;
  using allocator = allocator_of<Handler>;

 public:
  /// How it begins: with an attempt; with a wait, because an attempt would be in vain; or with one call for
  /// `piece`, which may do it all: then there is no turning object.
  struct beginning {
    bool with_wait = false;
    iovec piece{};
    extent how_much = extent::all;
    transfer::direction moving = transfer::direction::send;
  };

  /// `make()` makes the turning object where it stays. `timed` if a limit or a stop can end it, or it may
  /// have to look again after a time.
  ///
  /// Requires: a piece is for one that is not timed. Errors: throws std::bad_alloc if there is no memory to
  /// begin with, and then nothing has happened; where bytes have moved by then, the handler is told ENOMEM.
  /// (If that takes no memory: behind a strand it does, and without it the call throws all the same.)
  template <class Make>
  static void start(Make make, bool timed, Place place, int descriptor, Handler& handler,
                    beginning const& how = {}) {
    // A loop whose operation is just then in the hands of another executor must not run out of work, and a
    // stop needs the executor whatever has become of the connection.
    bool const away = told_elsewhere(handler, place);
    timed = timed || away;
    memory room{get_allocator_of(handler), timed};
    if constexpr (std::is_same_v<Turning, transfer>) {
      if (how.piece.iov_len != 0 && !away) {
        auto* const self = ::new (room.first()) operation{std::move(place), descriptor, handler};
        room.keep();
        return self->begin([&] { return self->first_call(how, make); });
      }
    }
    auto* const self = ::new (room.first()) operation{make, std::move(place), descriptor, handler};
    if (timed) self->beside_ = ::new (room.second()) beside;
    room.keep();
    self->begin([&] {
      if (away || self->turning_.stop().stop_possible())
        self->beside_->work.emplace(keep_executor(self->place_.get_executor(), away));
      return self->first_turn(how.with_wait);
    });
  }

 private:
  using event = events::event;
  using enum events::event;

  // What Asio, or the stop callback, calls when an event has come. Destroyed uncalled when the context is.
  template <event What>
  class arrival {
   public:
    explicit arrival(operation& of) noexcept : operation_{reinterpret_cast<std::uintptr_t>(&of)} {
      if (!of.alone_) of.arrivals_.fetch_add(1, std::memory_order_relaxed);
    }
    arrival(arrival&& from) noexcept : operation_{std::exchange(from.operation_, from.operation_ | gone)} {}
    ~arrival() {
      if ((operation_ & gone) == 0) of().dropped();
    }

    using executor_type = executor;
    decltype(auto) get_executor() const noexcept { return of().template get_executor<What>(); }

    using allocator_type = room_allocator<std::byte, What == time ? timer_room : wait_room>;
    allocator_type get_allocator() const noexcept {
      if constexpr (What == time)
        return allocator_type{of().beside_->room};
      else
        return allocator_type{of().room_};
    }

    using cancellation_slot_type = boost::asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept {
      if constexpr (What == ready && Place::shared)
        return of().slot_of(of().wait_signal_);
      else if constexpr (What == writable)
        return of().slot_of(of().writable_signal_);
      else
        return {};
    }

    void operator()(error_code error = {}) {
      auto& arrives_at = of();
      operation_ |= gone;
      arrives_at.arrived(What, error);
    }

   private:
    // One that was moved from knows its operation still: where a wait cannot begin, Asio gives the memory for
    // it back that way. (A bit of the address, since the room for it is measured.)
    static constexpr std::uintptr_t gone = 1;
    operation& of() const noexcept { return *reinterpret_cast<operation*>(operation_ & ~gone); }

    std::uintptr_t operation_;
  };

  struct on_stop {
    operation* self;
    void operator()() const {
      self->beside_->gate->pass([&] {
        self->stop_posted_.store(true, std::memory_order_relaxed);
        try {
          self->template post<stop>();
        } catch (std::bad_alloc const&) {
          self->stop_posted_.store(false, std::memory_order_relaxed);  // it is seen at the next event
        }
      });
    }
  };

  struct on_cancel {
    operation* self;
    void operator()(boost::asio::cancellation_type asked) const {
      if (self->made_ && completion<Turning>::heeds(asked, self->turning_)) self->knock(cancelled);
    }
  };

  // What most operations do without.
  struct beside {
    std::optional<kept_executor<io_executor>> work;
    std::optional<boost::asio::steady_timer> timer;
    handler_room<timer_room> room;
    std::shared_ptr<stop_gate::state> gate;
    std::optional<std::stop_callback<on_stop>> stop_callback;
  };

  using memory = block<operation, beside, allocator>;

  operation(Place place, int descriptor, Handler& handler)
      : told_{}, place_{std::move(place)}, handler_{std::move(handler)}, descriptor_{descriptor} {}
  template <class Make>
  operation(Make& make, Place place, int descriptor, Handler& handler)
      : turning_{make()},
        place_{std::move(place)},
        handler_{std::move(handler)},
        descriptor_{descriptor},
        made_{true} {}
  ~operation() {
    if (made_) turning_.~Turning();
  }

  // By reference, where the handler leaves it to the place.
  template <event What>
  decltype(auto) get_executor() noexcept {
    if constexpr (What != stop) {
      return get_executor_of(handler_, place_);
    } else {
      // It may come when the place's owner is gone, and the context is not yet.
      io_executor const on =
          boost::asio::prefer(*beside_->work, boost::asio::execution::outstanding_work.untracked);
      return executor{boost::asio::get_associated_executor(handler_, on)};
    }
  }

  // Asio takes memory for each wait that can be cancelled.
  boost::asio::cancellation_slot slot_of(boost::asio::cancellation_signal& signal) noexcept {
    return alone_ ? boost::asio::cancellation_slot{} : signal.slot();
  }

  template <class FirstTurn>
  void begin(FirstTurn first_turn) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    alone_ = beside_ == nullptr && !slot.is_connected();
    if (alone_) {
      if (first_turn()) tell_soon();
      return;
    }
    events_.begin();
    try {
      if (slot.is_connected()) slot.template emplace<on_cancel>(on_cancel{this});
      first_turn();
    } catch (std::bad_alloc const&) {
      if (arrivals_.load(std::memory_order_relaxed) == 0 && bytes() == 0) {
        slot.clear();
        drop();
        throw;
      }
      fail(no_memory());
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
  bool first_turn(bool with_wait) {
    if constexpr (std::is_same_v<Turning, transfer>)
      if (with_wait && turning_.expect({descriptor_, wants::direction::readable}))
        return follow(turned::would_block);
    return turn();
  }

  template <class Make>
  bool first_call(beginning const& how, Make& make) {
    bool const receives = how.moving == transfer::direction::receive;
    auto const answer =
        receives ? receive_at_once(descriptor_, how.piece) : send_at_once(descriptor_, how.piece);
    if (answer.bytes == how.piece.iov_len || (answer.bytes != 0 && how.how_much == extent::some)) {
      told_ = {.bytes = answer.bytes, .error = {}, .calls = answer.calls};
      if (receives) place_.learn(told_);
      return true;
    }
    ::new (static_cast<void*>(&turning_)) Turning{make()};
    made_ = true;
    return follow(turning_.turn_after(answer, budget));
  }

  bool ended() const noexcept { return !made_ || turning_.ended(); }

  void arrived(event what, error_code error) {
    if (what == ready) ready_error_ = static_cast<short>(error.value());
    if (what == writable) writable_error_ = static_cast<short>(error.value());
    if (!alone_) return knock(what);
    if (handle(what)) complete();
  }

  void knock(event what) {
    if (events_.arrive(what)) run();
  }

  // Requires: the turn. Afterwards the operation may be gone.
  void run() {
    do {
      look();
      if (ended() && settled()) return complete();
    } while (!events_.rest());
  }
  void look() {
    try {
      handle(events_.take());
    } catch (std::bad_alloc const&) {
      fail(no_memory());
    }
  }

  bool handle(unsigned seen) {
    if (!alone_)
      for (auto const what : {ready, time, stop, go, writable})
        if ((seen & what) != 0) arrivals_.fetch_sub(1, std::memory_order_relaxed);
    pending_ = static_cast<unsigned char>(pending_ & ~seen);
    if ((seen & stop) != 0) stop_arrived_ = true;
    if (ended()) return true;

    if ((seen & cancelled) != 0) turning_.request_stop();
    if ((seen & ready) != 0) {
      place_.leave();
      if (ready_error_ != 0) return fail(wait_failed(ready_error_));
    }
    if ((seen & writable) != 0 && writable_error_ != 0) return fail(wait_failed(writable_error_));
    // A timer that was set to an earlier time comes back without news.
    if (seen == time && now() < turning_.due()) return follow(turned::would_block);
    return turn();
  }

  static error_code no_memory() noexcept { return {ENOMEM, boost::system::system_category()}; }

  bool fail(error_code why) noexcept {
    turning_.fail(why);
    return true;
  }

  bool turn() {
    if (place_.lost(descriptor_)) return fail(errc::stopped);
    if (waiting_since_ != time_point{}) {
      turning_.waited(now() - waiting_since_);
      waiting_since_ = {};
    }
    return follow(turning_.turn(budget));
  }

  bool follow(turned how) {
    switch (how) {
      case turned::would_block:
        wait();
        return false;
      case turned::moved:
        if (!pending(go)) expect<go>([](auto arrives) { async::post(std::move(arrives)); });
        return false;
      case turned::ended:
        break;
    }
    return true;
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
    if (trampoline::any() && trampoline::take(loop_of(get_executor<go>()), bytes(),
                                              {this, [](void* self, trampoline::telling how) {
                                                 static_cast<operation*>(self)->tell_now(how);
                                               }}))
      return;
    post<go>();
  }

  void tell_now(trampoline::telling how) {
    if (how == trampoline::telling::posted) return post<go>();
    alone_ ? complete() : arrival<go>{*this}();
  }

  template <event What>
  void post() {
    async::post(arrival<What>{*this});
  }

  void wait() {
    if (waiting_since_ == time_point{}) waiting_since_ = now();
    auto const what = turning_.wants();
    bool const alone = alone_;
    if constexpr (Place::shared) {
      // Each direction apart: both may be wanted, or another than the last time. One that is wanted no more
      // costs a turn, if it comes.
      using direction = wants::direction;
      if (what.until == direction::readable || what.until == direction::either)
        wait_for<ready>({what.descriptor, direction::readable});
      if (what.until == direction::writable || what.until == direction::either)
        wait_for<writable>({what.descriptor, direction::writable});
    } else if (what.until != wants::direction::neither) {
      wait_for<ready>(what);
    }
    if (alone || beside_ == nullptr) return;
    if (auto const due = turning_.due(); due != time_point::max()) wait_until(due);
    if (!beside_->stop_callback && turning_.stop().stop_possible()) {
      beside_->gate = stop_gate::of(get_executor<go>());
      beside_->stop_callback.emplace(turning_.stop(), on_stop{this});
    }
  }

  template <event What>
  void wait_for(wants what) {
    if (pending(What)) return;
    expect<What>([&](auto arrives) { place_.async_wait(what, std::move(arrives)); });
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
      if (pending(ready)) {
        if constexpr (Place::shared)
          wait_signal_.emit(boost::asio::cancellation_type::terminal);
        else
          place_.leave();
      }
      if (pending(writable)) writable_signal_.emit(boost::asio::cancellation_type::terminal);
      if (pending(time)) beside_->timer->cancel();
    }
    return pending_ == 0 && stop_arrived_ == stop_posted_.load(std::memory_order_relaxed);
  }

  void complete() {
    trampoline::handler_call call{trampoline::any() ? loop_of(get_executor<go>()) : nullptr, bytes()};
    tell();
    call.tell_rest();
  }

  void tell() {
    if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.clear();
    place_.leave();
    auto const work = beside_ != nullptr ? std::move(beside_->work) : std::nullopt;
    auto handler = std::move(handler_);
    auto told = arguments();
    destroy(get_allocator_of(handler));
    std::apply(std::move(handler), std::move(told));
  }

  std::size_t bytes() const noexcept { return made_ ? turning_.result().bytes : told_.bytes; }
  auto arguments() {
    if constexpr (std::is_same_v<Turning, transfer>) {
      if (!made_) return std::tuple{told_};
      if (turning_.moves_to() == transfer::direction::receive) place_.learn(turning_.result());
    }
    return completion<Turning>::arguments(turning_);
  }

  // An arrival was destroyed uncalled: the context is being destroyed, and the handler with it; or it could
  // not be taken to where it should come from, which whoever runs the operation hears of.
  void dropped() noexcept {
    if (!alone_) {
      if (arrivals_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      if (events_.in_turn()) return;
    }
    drop();
  }
  void drop() noexcept {
    auto const handler = std::move(handler_);  // it may own what its allocator allocates from
    destroy(get_allocator_of(handler));
  }

  void destroy(allocator from) noexcept {
    memory const freed{from, this, beside_ != nullptr};
    if (beside_ != nullptr) beside_->~beside();
    this->~operation();
  }

  union {
    Turning turning_;
    transfer_result told_;  // if one call has done it all
  };
  Place place_;
  Handler handler_;
  beside* beside_ = nullptr;
  handler_room<wait_room> room_;
  time_point waiting_since_{};
  boost::asio::cancellation_signal wait_signal_, writable_signal_;
  int const descriptor_;
  bool made_ = false;   // whether there is a turning object
  bool alone_ = false;  // from the beginning on, as it is

  // Any thread. (All of this is small, for the block to be one that Asio recycles.)
  events events_;
  std::atomic<unsigned char> arrivals_{0};
  std::atomic<bool> stop_posted_{false};

  // The thread whose turn it is.
  bool stop_arrived_ = false;
  bool settling_ = false;
  unsigned char pending_ = 0;  // events that Asio owes us
  short ready_error_ = 0;
  short writable_error_ = 0;
};

}  // namespace trivium::async
