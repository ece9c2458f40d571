// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The state of one asynchronous operation: the operation itself, its registration with the reactor, and its
// completion handler.
//
// The state is one block from the handler's associated allocator. It is deallocated before the handler is
// invoked. The memory that Asio needs for the waits is part of the same block, so that steady state allocates
// nothing: Asio's default allocator recycles two blocks for each thread, one for each direction of a
// connection.
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
#include <trivium/detail/async/block.hpp>
#include <trivium/detail/async/completion.hpp>
#include <trivium/detail/async/events.hpp>
#include <trivium/detail/async/handler_storage.hpp>
#include <trivium/detail/async/kept_work.hpp>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/detail/async/stop_gate.hpp>
#include <trivium/detail/one_call.hpp>
#include <trivium/detail/operation_access.hpp>
#include <trivium/trampoline.hpp>
#include <tuple>
#include <utility>

namespace trivium::detail {

/// The first system call that a transfer of memory may begin with. Any other operation has no_call.
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

/// The state of one asynchronous operation, from initiation until its handler is invoked.
///
/// Effect: advances the operation each time a wait completes, until the operation has ended, and then invokes
/// the handler once, on its associated executor and never inside the initiating function.
///
/// Errors: an exception that Asio throws when a wait is started ends the operation, and the handler is
/// invoked with its error code (ENOMEM for std::bad_alloc). In the case `alone_` below, such an exception
/// frees the state and leaves the initiating function or run(), and the handler is destroyed; but there a
/// wait allocates only if Asio's intermediate handler does not fit into the state. See `start` for what the
/// initiating function throws.
///
/// Lifetime: the state deletes itself. It is freed before the handler is invoked, or when the last
/// outstanding wait handler is destroyed because its execution context is destroyed. In the latter case the
/// handler is destroyed without being invoked.
///
/// Cancellation: by the handler's cancellation slot, by the stop token of the limits, and by the
/// registration: the operation ends with errc::stopped.
///
/// Threads: the `events` serialise the threads that deliver events, so that one thread at a time runs the
/// operation. Two cases differ:
///   - `alone_`: the operation has at most one outstanding wait. That holds for a transfer through a bare
///     descriptor, without a limit, a stop token or a cancellation slot, whose handler runs on the
///     registration's own loop. There is nothing to serialise: the handler of that wait owns the state.
///   - `away()`: the handler runs in another execution context than the registration's. Then the operation is
///     run by that context's threads, and they enter the stop gate of the registration's context before they
///     access anything that belongs to it.
template <class Operation, class Registration, class Handler>
class operation_state : handler_storage<wait_storage, operation_state<Operation, Registration, Handler>> {
  using storage_for_waits = handler_storage<wait_storage, operation_state>;
  using storage_for_timers = handler_storage<timer_storage, operation_state>;
  friend storage_for_waits;
  friend storage_for_timers;

  using io_executor = std::remove_cvref_t<decltype(std::declval<Registration&>().get_executor())>;
  using executor = boost::asio::associated_executor_t<Handler, io_executor>;
  using allocator = allocator_of<Handler>;
  using work = kept_work<io_executor>;
  using io_context = boost::asio::io_context;
  using access = detail::operation_access;
  using arguments_type = decltype(completion<Operation>::arguments(std::declval<Operation&>()));

 public:
  /// How the operation begins. By default it begins with an attempt. With `waits_for`, it begins with a wait,
  /// because an attempt is known to fail with EAGAIN. With `call`, it begins with one system call; if that
  /// completes the transfer, no operation is constructed.
  using first_call = typename first_call_of<Operation>::type;
  struct beginning {
    interest waits_for{};
    first_call call{};
  };

  /// Allocates the state, constructs in it the operation that `make()` returns, and begins it. `timed`: a
  /// limit or a stop token can end the operation, or it may have to try again after a time.
  ///
  /// Requires: `how.call` is empty if `timed`. Errors: throws std::bad_alloc, and has no effect, if the
  /// memory to begin cannot be allocated. If bytes have been transferred by then, the handler is invoked with
  /// ENOMEM instead. (Posting the handler may itself allocate memory, as posting to a strand does; if that
  /// fails too, this function throws although bytes were transferred.)
  template <class Make>
  static void start(Make make, bool timed, Registration at, Handler& handler, beginning const& how = {}) {
    bool const elsewhere = completes_on_another_executor(handler, at);
    bool const away = elsewhere && context_of(get_executor_of(handler, at)) != context_of(at.get_executor());
    timed = timed || elsewhere;
    memory room{get_allocator_of(handler), away ? sizeof(remote_state) : timed ? sizeof(limit_state) : 0};
    if constexpr (!std::is_same_v<first_call, no_call>) {
      if (how.call && !elsewhere) {
        auto* const self = ::new (room.first()) operation_state{std::move(at), handler};
        room.keep();
        return self->begin([&] { return self->make(how.call); });
      }
    }
    if (away) return start_away(make, std::move(at), handler, how, room);
    auto* const self = ::new (room.first()) operation_state{make, std::move(at), handler};
    if (timed) self->limits_ = ::new (room.second()) limit_state{*self};
    room.keep();
    self->begin([&] { return self->first_advance(how); });
  }

 private:
  using event = events::event;
  using enum events::event;

  // The intermediate handler of one event: Asio invokes it when a wait completes, or when what the operation
  // posted is executed. It is destroyed without being invoked if its execution context is destroyed; then it
  // releases its reference to the state.
  template <event What>
  class wait_handler {
   public:
    explicit wait_handler(operation_state& of) noexcept : state_{reinterpret_cast<std::uintptr_t>(&of)} {
      if (!of.alone_) of.events_.expect();
    }
    // For an event that `events::ask` has already counted as expected.
    struct expected_already {};
    wait_handler(operation_state& of, expected_already) noexcept
        : state_{reinterpret_cast<std::uintptr_t>(&of)} {}
    wait_handler(wait_handler&& from) noexcept
        : state_{std::exchange(from.state_, from.state_ | moved_from)} {}
    ~wait_handler() {
      if ((state_ & moved_from) == 0) of().dropped();
    }

    using executor_type = executor;
    decltype(auto) get_executor() const noexcept { return of().get_executor(); }

    using allocator_type =
        storage_allocator<std::byte, std::conditional_t<What == time, storage_for_timers, storage_for_waits>>;
    allocator_type get_allocator() const noexcept {
      if constexpr (What == time)
        return allocator_type{*of().limits_};
      else
        return allocator_type{of()};
    }

    using cancellation_slot_type = boost::asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept {
      // Without a slot, since Asio allocates memory for each wait that can be cancelled.
      if constexpr (What == ready && Registration::shared)
        return of().alone_ ? boost::asio::cancellation_slot{} : of().wait_signal_.slot();
      else if constexpr (What == writable)
        return of().limits_->writable_signal.slot();
      else
        return {};
    }

    void operator()(error_code error = {}) {
      auto& arrives_at = of();
      state_ |= moved_from;
      arrives_at.template arrived<What>(error);
    }

   private:
    // Set when the handler was moved from or invoked. The address of the state stays valid: if a wait cannot
    // be started, Asio deallocates the memory of the wait through a handler that has been moved from. The
    // flag is the lowest bit of the address, because the memory for Asio's intermediate handler is of fixed
    // size and a separate member would make the handler larger.
    static constexpr std::uintptr_t moved_from = 1;
    operation_state& of() const noexcept { return *reinterpret_cast<operation_state*>(state_ & ~moved_from); }

    std::uintptr_t state_;
  };

  // The callback of the stop token. It runs in the thread that requests the stop, possibly while the thread
  // that runs the operation is completing it. The state is not freed before this callback has returned,
  // because destroying a std::stop_callback blocks until a running callback has returned.
  struct on_stop {
    operation_state* self;
    void operator()() const noexcept {
      auto const gate = self->limits_->gate;
      gate->pass([&] {
        if (self->events_.ask() != events::asked::expected) return;
        self->events_.expect();  // keeps the state alive until this callback has returned
        post_stop();
        if (self->events_.drop()) self->drop();
      });
    }

   private:
    void post_stop() const noexcept {
      using handler = wait_handler<stop>;
      handler stops{*self, typename handler::expected_already{}};
      self->limits_->stop_posted.store(true, std::memory_order_relaxed);
      auto const post = [&] { detail::post(std::move(stops), self->registration_.get_executor()); };
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
        // The operation checks the stop token at its next event.
        self->limits_->stop_posted.store(false, std::memory_order_relaxed);
    }
  };

  struct on_cancel {
    operation_state* self;
    void operator()(boost::asio::cancellation_type asked) const {
      if (self->made_ && completion<Operation>::heeds(asked, self->operation_)) self->cancel();
    }
  };

  // State that most operations do not need: timer, stop callback, and the second wait's signal. It is
  // allocated behind the operation state, in the same block.
  struct limit_state : storage_for_timers {
    explicit limit_state(operation_state& of) noexcept : self{&of} {}
    operation_state* self;
    boost::asio::cancellation_signal writable_signal;
    short writable_error = 0;
    bool away = false;  // constant after construction
    bool stop_arrived = false;
    std::atomic<bool> stop_posted{false};  // accessed by any thread
    std::optional<boost::asio::steady_timer> timer;
    std::shared_ptr<stop_gate::state> gate;  // of the registration's context
    std::optional<std::stop_callback<on_stop>> stop_callback;
  };
  // Additional state of an operation that is `away()`. The work guard keeps the registration's loop from
  // running out of work while a thread of the handler's context runs the operation and no wait is
  // outstanding.
  struct remote_state final : limit_state, stop_gate::dependent {
    using limit_state::limit_state;
    std::optional<work> keeps_running;
    // Of the handler's context, if a stop token can end the operation.
    std::shared_ptr<stop_gate::state> gate_of_handler;

    void let_go() noexcept override {
      this->timer.reset();
      this->self->registration_.let_go();
    }
  };

  using memory = block<operation_state, allocator>;

  operation_state(Registration at, Handler& handler)
      : result_{}, handler_{std::move(handler)}, registration_{std::move(at)} {}
  template <class Make>
  operation_state(Make& make, Registration at, Handler& handler)
      : operation_{make()}, handler_{std::move(handler)}, registration_{std::move(at)}, made_{true} {}
  ~operation_state() {
    if (made_) operation_.~Operation();
  }

  // Begins an operation that is `away()`. (If the registration's context is being destroyed, nothing is
  // begun, and the handler is destroyed without being invoked.)
  template <class Make>
  static void start_away(Make& make, Registration at, Handler& handler, beginning const& how, memory& room) {
    auto const gate = stop_gate::of(at.get_executor());
    gate->pass([&] {
      work keeps_running{gate, at.get_executor()};
      auto* const self = ::new (room.first()) operation_state{make, std::move(at), handler};
      auto* const more = ::new (room.second()) remote_state{*self};
      more->away = true;
      more->gate = gate;
      more->keeps_running.emplace(std::move(keeps_running));
      gate->add(*more);
      self->limits_ = more;
      room.keep();
      self->begin([&] {
        if (self->operation_.stop().stop_possible())
          more->gate_of_handler = stop_gate::of(self->get_executor());
        return self->first_advance(how);
      });
    });
  }

  bool away() const noexcept { return limits_ != nullptr && limits_->away; }
  // Null if the handler runs in the registration's context, or if no stop token can end the operation.
  std::shared_ptr<stop_gate::state> gate_of_handler() const noexcept {
    return away() ? static_cast<remote_state*>(limits_)->gate_of_handler : nullptr;
  }

  // Returns a reference to the registration's executor if the handler has no executor of its own.
  decltype(auto) get_executor() noexcept { return get_executor_of(handler_, registration_); }

  // Begins the operation. `first_advance()` makes the first attempt, or starts the first wait.
  template <class FirstAdvance>
  void begin(FirstAdvance first_advance) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    alone_ = limits_ == nullptr && !slot.is_connected();
    if (alone_) {
      if (first_advance()) post_completion();
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
    // Other threads may have delivered events in the meantime. They are handled here. The handler must not be
    // invoked inside the initiating function, so the completion is posted.
    while (!finished()) {
      if (events_.rest()) return;
      look();
    }
    slot.clear();
    events_.end();
    post_completion();
  }

  // As for every function that advances the operation, the result is whether the operation has ended. If it
  // is false and `alone_` is set, then the wait's handler may already have run in another thread and have
  // freed *this.
  bool first_advance(beginning const& how) {
    if (how.waits_for.until != readiness::none && access::expect(operation_, how.waits_for))
      return follow(progress::pending);
    return advance();
  }

  // Makes the first system call. If that completes the transfer, only its result is stored. Otherwise the
  // operation is constructed with what is left to transfer.
  bool make(first_call const& call) {
    auto const n = call.make(may_block::no);
    if (call.completed_by(n)) {
      result_ = call.result(n);
      registration_.learn(result_, Operation::moving);
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
    if constexpr (What == writable) limits_->writable_error = static_cast<short>(error.value());
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

  // Handles the only outstanding event. Returns whether the operation has ended.
  template <event What>
  bool handle_alone() {
    pending_ = 0;
    if (ended()) return true;
    if (registration_.lost()) return fail(errc::stopped);
    if constexpr (What == ready) {
      registration_.leave();
      if (ready_error_ != 0) return fail(wait_failed(ready_error_));
    }
    return advance();
  }

  // Invokes the handler after leaving the gate, so that a thread that destroys the registration's context
  // does not wait for the handler.
  void arrived_away(event what) {
    if (!notify_away(what) && events_.drop()) drop();
  }
  // Returns false if the registration's context is being or has been destroyed.
  [[gnu::noinline]] bool notify_away(event what) {
    auto const gate = limits_->gate;
    std::optional<upcall> told;
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

  // Delivers an event. If the result is true, the caller must complete the operation. If it is false, another
  // thread may already have freed *this.
  bool notify(event what) { return events_.arrive(what) && run(); }

  // Handles events until there are no new ones. Returns whether the operation is to be completed. Requires:
  // the calling thread runs the operation.
  bool run() {
    do {
      look();
      if (finished()) return true;
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

  // Handles the events of one iteration. Returns whether the operation has ended.
  bool handle(unsigned seen) {
    pending_ = static_cast<unsigned char>(pending_ & ~seen);
    if ((seen & stop) != 0) limits_->stop_arrived = true;
    if (ended()) return true;
    if (registration_.lost()) return fail(errc::stopped);

    if ((seen & cancelled) != 0) operation_.request_stop();
    if ((seen & ready) != 0) {
      registration_.leave();
      if (ready_error_ != 0) return fail(wait_failed(ready_error_));
    }
    if ((seen & writable) != 0 && limits_->writable_error != 0)
      return fail(wait_failed(limits_->writable_error));
    // A timer that was set for an earlier time has expired too early: only set it again.
    if (seen == time && now() < operation_.due()) return follow(progress::pending);
    return advance();
  }

  static error_code no_memory() noexcept { return {ENOMEM, boost::system::system_category()}; }

  // Ends the operation with an error.
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

  // Starts the next wait, or posts the next attempt. From here on, event handlers access the connection
  // through its registration only, because the connection may be moved or destroyed.
  bool follow(progress how) {
    if (how == progress::done) {
      learn();
      return true;
    }
    if (int const code = registration_.attach(operation_.interest()); code != 0)
      return fail(wait_failed(code));
    if (how == progress::pending)
      wait();
    else if (!pending(go))
      expect<go>([this](auto handler) { detail::post(std::move(handler), registration_.get_executor()); });
    return false;
  }

  void learn() noexcept {
    if constexpr (moves_bytes<Operation>)
      if (!registration_.gone()) registration_.learn(operation_.result(), Operation::moving);
  }

  // Starts a wait for an event: `begin` is called with the event's intermediate handler and passes it to
  // Asio.
  template <event What, class Begin>
  void expect(Begin begin) {
    pending_ |= What;
    if (alone_) return begin(wait_handler<What>{*this});
    try {
      begin(wait_handler<What>{*this});
    } catch (...) {
      pending_ = static_cast<unsigned char>(pending_ & ~What);
      throw;
    }
  }

  // Posts the completion, or hands it to the trampoline of this thread. This must be the last use of *this.
  // If the post fails, Asio destroys the posted handler, which holds the last reference, and that frees the
  // state.
  void post_completion() {
    pending_ |= go;
    // Determine the loop now: the connection, and its executor, may be destroyed before the completion runs.
    loop_ = loop_of(get_executor());
    completion_posted_ = true;
    if (loop_ == nullptr) return post<go>();
    if (!async::trampoline::take(loop_, bytes(), {this, [](void* self, async::trampoline::telling how) {
                                                    static_cast<operation_state*>(self)->complete_posted(how);
                                                  }}))
      post_to(*loop_, wait_handler<go>{*this});
  }

  // Called by the trampoline: completes the operation, or posts the completion.
  void complete_posted(async::trampoline::telling how) {
    if (how == async::trampoline::telling::posted) return post_to(*loop_, wait_handler<go>{*this});
    alone_ ? complete() : wait_handler<go>{*this}();
  }

  template <event What>
  void post() {
    detail::post(wait_handler<What>{*this}, registration_.get_executor());
  }

  void wait() {
    if (waiting_since_ == time_point{}) waiting_since_ = now();
    auto const what = operation_.interest();
    bool const alone = alone_;
    if constexpr (Registration::shared) {
      // Wait for each direction separately: both may be needed, or another one than the last time. A wait for
      // a direction that is no longer needed is not cancelled. It costs one superfluous attempt if it
      // completes.
      if (what.until == readiness::readable || what.until == readiness::either)
        wait_for<ready>({what.descriptor, readiness::readable});
      if (what.until == readiness::writable || what.until == readiness::either)
        wait_to_write({what.descriptor, readiness::writable});
    } else if (what.until != readiness::none) {
      wait_for<ready>(what);
    }
    if (alone || limits_ == nullptr) return;
    if (auto const due = operation_.due(); due != time_point::max()) wait_until(due);
    if (!limits_->stop_callback && operation_.stop().stop_possible()) {
      if (!limits_->gate) limits_->gate = stop_gate::of(registration_.get_executor());
      limits_->stop_callback.emplace(operation_.stop(), on_stop{this});
    }
  }

  template <event What>
  void wait_for(interest what) {
    if (pending(What)) return;
    expect<What>([&](auto handler) { registration_.async_wait(what, std::move(handler)); });
  }

  // Only a channel that is more than a descriptor waits for both directions at once, and an operation on such
  // a channel always has its `limits_`.
  void wait_to_write(interest what) {
    if (limits_ != nullptr)
      wait_for<writable>(what);
    else
      wait_for<ready>(what);
  }

  // A timer that expires too early is only set again. So a pending timer is left as it is unless the new time
  // is earlier.
  void wait_until(time_point due) {
    auto& timer = limits_->timer;
    if (!timer) timer.emplace(registration_.get_executor());
    if (pending(time)) {
      if (timer->expiry() > due) timer->cancel();
      return;
    }
    timer->expires_at(due);
    expect<time>([&](auto handler) { timer->async_wait(std::move(handler)); });
  }

  bool pending(event what) const noexcept { return (pending_ & what) != 0; }

  // Whether the operation has ended and none of its waits is outstanding: its handler can be invoked.
  bool finished() {
    if (!ended()) return false;
    cancel_waits();
    return no_waits_outstanding();
  }

  // From the second call on without effect.
  void cancel_waits() {
    // Blocks until a running callback, which may post an event, has returned.
    if (limits_ != nullptr) limits_->stop_callback.reset();
    if (std::exchange(cancelling_, true)) return;
    if constexpr (Registration::shared) {
      // (If the connection is gone, its waits have been cancelled, and what the cancellation slots refer to
      // has been destroyed.)
      using enum boost::asio::cancellation_type;
      if (pending(ready) && !registration_.gone()) wait_signal_.emit(terminal);
      if (pending(writable) && !registration_.gone()) limits_->writable_signal.emit(terminal);
    } else {
      registration_.leave();  // deregister before the operation closes its descriptors
    }
    if (pending(time)) limits_->timer->cancel();
  }

  bool no_waits_outstanding() const noexcept {
    return pending_ == 0 && (limits_ == nullptr ||
                             limits_->stop_arrived == limits_->stop_posted.load(std::memory_order_relaxed));
  }

  // The io_context that invokes the handler, if a trampoline is installed in this thread.
  io_context* loop() noexcept {
    if (!async::trampoline::any()) return nullptr;
    return completion_posted_ ? loop_ : loop_of(get_executor());
  }

  // Invokes the handler, and after it the handlers that the trampoline has queued meanwhile.
  void complete() {
    async::trampoline::handler_call call{loop(), bytes()};
    upcall{*this}.call();
    call.tell_rest();
  }

  // What is left of the operation when its handler is invoked: the handler, and its arguments.
  //
  // Make a local copy of the handler, by move, so that the memory can be deallocated before the upcall is
  // made. The handler may start the next operation, which can then reuse this memory. The copy is also needed
  // because a sub-object of the handler may be the true owner of the memory that its allocator uses: the copy
  // keeps that owner alive until the memory has been deallocated.
  class upcall {
   public:
    explicit upcall(operation_state& of) noexcept
        : handler_{std::move(of.handler_)}, arguments_{of.arguments()} {
      if (of.away()) take_work(*static_cast<remote_state*>(of.limits_));
      if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected())
        slot.clear();
      of.destroy(get_allocator_of(handler_));
    }
    upcall(upcall const&) = delete;
    upcall& operator=(upcall const&) = delete;

    void call() { std::apply(std::move(handler_), std::move(arguments_)); }

   private:
    void take_work(remote_state& from) noexcept {
      from.gate->pass([&] { work_.emplace(std::move(*from.keeps_running)); });
    }

    std::optional<work> work_;
    Handler handler_;
    arguments_type arguments_;
  };

  std::size_t bytes() const noexcept { return made_ ? operation_.result().bytes : result_.bytes; }
  arguments_type arguments() {
    if constexpr (moves_bytes<Operation>)
      if (!made_) return arguments_type{result_};
    return completion<Operation>::arguments(operation_);
  }

  // An intermediate handler was destroyed without being invoked. Either the execution context is being
  // destroyed, and the completion handler is destroyed with it; or a wait could not be started, and the
  // thread that runs the operation catches the exception that says so.
  void dropped() noexcept {
    if (alone_ || events_.drop()) drop();
  }
  // Frees the state without invoking the handler.
  void drop() noexcept {
    // Memory of an intermediate handler may still be in use within the block. Then `given_back` calls this
    // function again when Asio has deallocated it.
    if (storage_for_waits::await() || (limits_ != nullptr && limits_->await())) return;
    registration_.leave();
    // Keeps alive what the allocator allocates from, if the handler owns that.
    auto const handler = std::move(handler_);
    destroy(get_allocator_of(handler));
  }
  // Called when Asio has deallocated the memory of an intermediate handler.
  static void given_back(storage_for_waits& of) noexcept { static_cast<operation_state&>(of).drop(); }
  static void given_back(storage_for_timers& of) noexcept { static_cast<limit_state&>(of).self->drop(); }

  // Destroys the state and deallocates its block.
  void destroy(allocator from) noexcept {
    bool const was_away = away();
    memory const freed{from, this,
                       was_away             ? sizeof(remote_state)
                       : limits_ != nullptr ? sizeof(limit_state)
                                            : 0};
    if (was_away)
      destroy(*static_cast<remote_state*>(limits_));
    else if (limits_ != nullptr)
      limits_->~limit_state();
    this->~operation_state();
  }
  static void destroy(remote_state& all) noexcept {
    all.stop_callback.reset();  // blocks until a running callback, which uses the gate, has returned
    auto const gate = std::move(all.gate);
    auto const destroyed = [&] { all.~remote_state(); };
    gate->withdraw(all, destroyed, destroyed);
  }

  union {
    Operation operation_;
    transfer_result result_;  // if the first system call completed the transfer
  };
  Handler handler_;
  limit_state* limits_ = nullptr;
  union {
    time_point waiting_since_{};
    io_context* loop_;  // the loop that invokes the handler, once `completion_posted_`
  };
  boost::asio::cancellation_signal wait_signal_;

  // (All members are small, so that Asio recycles the block.)
  [[no_unique_address]] Registration registration_;

  // Accessed by any thread.
  events events_;

  bool made_ = false;   // whether `operation_` is constructed
  bool alone_ = false;  // at most one outstanding wait; constant after `begin`

  // Accessed only by the thread that runs the operation.
  bool completion_posted_ = false;
  bool cancelling_ = false;
  unsigned char pending_ = 0;  // events whose intermediate handler is outstanding
  short ready_error_ = 0;
};

}  // namespace trivium::detail
