// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Many operations of the nonblocking way in one thread, without Asio.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <stop_token>
#include <trivium/connection.hpp>
#include <trivium/detail/interest_set.hpp>
#include <trivium/detail/operation_access.hpp>
#include <trivium/limits.hpp>
#include <trivium/operations/transfer.hpp>
#include <trivium/socket.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace nonblocking {

/// Advances many operations in one thread: each when its descriptor is ready or when it is due. Between them
/// the thread sleeps in epoll_wait(2), until a time, until another thread wakes it, or until a stop.
///
///     trivium::nonblocking::multiplexer loop;
///     trivium::transfer upload{peer, trivium::sending(data), {.stall_timeout = 10s}};
///     loop.start(peer, std::move(upload), [](auto& ended) { report(ended.result()); });
///     loop.run();
///
/// A descriptor is added to the epoll set once, when an operation of its connection first waits, if the
/// connection is a socket, stream, listener or TLS session of trivium's. Then a receive into memory over TCP
/// mostly waits without a system call. The descriptor of any other connection is added for each wait.
///
/// An operation that ends calls the function that was given for it, once, and never inside `start`. Such a
/// function, and one that is posted, may start operations, and close or destroy connections. Neither they nor
/// a source, sink or channel may call `run` or `run_once`, or destroy the multiplexer.
///
/// Lifetime: a connection of trivium's may be closed, moved from, released or destroyed; that ends its
/// operations with errc::stopped, at the next run_once. (Except a TLS session that is inside a call.) What
/// their functions refer to must live until then. Any other connection must stay open, and at its address,
/// until they have ended.
///
/// Memory: that of the operations is kept for later ones until the multiplexer is destroyed.
///
/// Errors: an exception of such a function leaves `run` or `run_once`, which may be called again.
///
/// Cancellation: `cancel`, and the stop token of an operation.
///
/// Threads: one at a time. To close, move or destroy a connection that it knows is a use of the multiplexer
/// too, and so is to start an operation of another way on it. From any thread: `post`, `wake`, `stop`, which
/// must have returned when it is destroyed, and a stop token's request.
///
/// After fork(2) the child has the same operations, and goes on with an epoll set of its own. (No other
/// thread may be inside `post` meanwhile.)
class multiplexer {
 public:
  /// Throws system_error: those of epoll_create1(2) and eventfd(2).
  multiplexer();
  /// Drops the operations that have not ended: their functions are not called.
  ~multiplexer();
  multiplexer(multiplexer const&) = delete;
  multiplexer& operator=(multiplexer const&) = delete;

  /// Begins `op`, an operation over `connection`, which is borrowed until it has ended. Then `ended(op)` is
  /// called. Throws: std::bad_alloc, with no effect; in a child of fork(2) also what the constructor throws.
  template <class Connection, std::derived_from<operation> Operation, std::invocable<Operation&> Function>
  void start(Connection& connection, Operation op, Function ended) {
    using node = task_of<Operation, Function, bare_descriptor<Connection>>;
    begin(node::make(*this, std::move(op), std::move(ended)), socket_of(connection));
  }
  /// Begins an operation that owns its descriptors: `connecting`.
  template <std::derived_from<operation> Operation, std::invocable<Operation&> Function>
  void start(Operation op, Function ended) {
    using node = task_of<Operation, Function, false>;
    begin(node::make(*this, std::move(op), std::move(ended)), nullptr);
  }

  /// Ends the operations over `connection`, which must be one of trivium's, with errc::stopped, at the next
  /// run_once.
  template <class Connection>
  requires requires(Connection& of) { registered_socket(of); }
  void cancel(Connection& connection) {
    if (auto* const of = socket_of(connection)) cancel_all(*of);
  }

  /// Has `function()` called by `run` or `run_once`: another thread hands over a connection, for example.
  /// Throws std::bad_alloc, with no effect.
  void post(std::function<void()> function);

  /// The number of operations that have not ended.
  std::size_t size() const noexcept { return size_; }

  /// Advances all operations that can be. If none can, first sleeps until one can, until `until`, until
  /// `post`, `wake` or `stop` is called, or until a signal is handled. Returns the number of operations that
  /// have ended.
  std::size_t run_once(time_point until = time_point::max());
  /// Calls run_once until no operation is left, or until `stop` is called. (A program that waits for others
  /// to post calls run_once in a loop of its own.)
  void run();

  /// Ends the sleep of `run_once`; if it does not sleep, its next one.
  void wake() noexcept;
  /// Makes `run` return; if it is not running, its next call returns at once. The operations stay, and `run`
  /// may be called again.
  void stop() noexcept;
  /// Whether `stop` has been called since `run` last returned: for a program that calls run_once in a loop.
  bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }

 private:
  struct task;
  class registration;
  using timers = std::pmr::multimap<time_point, task*>;

  // A descriptor that is in the set for as long as tasks wait for it.
  struct waited_for {
    detail::interest_set::member member;
    std::size_t tasks = 0;
  };
  using descriptors = std::pmr::map<int, waited_for>;

  struct wake_up {
    multiplexer* who;
    void operator()() const noexcept;
  };

  // An operation, and how it waits. It is runnable, or it waits: for its descriptor, until it is due.
  struct task : detail::interest_set::wait {
    explicit task(multiplexer& of) noexcept : owner{&of} {}
    virtual ~task() = default;
    virtual operation& op() noexcept = 0;
    // Begins with a wait, if the operation may.
    virtual bool expect(interest first) noexcept = 0;
    // Whether a last attempt that was not satisfied shows that the descriptor's queue is empty, as that of a
    // receive into memory does.
    virtual bool reports_drained() const noexcept = 0;
    // Destroys the task, and then calls its function.
    virtual void complete() = 0;
    virtual void drop() noexcept = 0;

    multiplexer* const owner;
    registration* at = nullptr;                      // of its connection, if that is one of trivium's
    detail::interest_set::member* in = nullptr;      // while it waits for a descriptor
    std::optional<descriptors::iterator> elsewhere;  // if that is of no connection that is known
    bool lost = false;                               // the connection is gone
    bool runnable = false;
    task *previous = nullptr, *next = nullptr;  // of the same registration, or without one
    task* next_runnable = nullptr;
    time_point waits_since;
    std::optional<timers::iterator> timer;
    std::optional<std::stop_callback<wake_up>> on_stop;
  };

  template <class Operation, class Function, bool Bare>
  class task_of final : public task {
   public:
    static task_of& make(multiplexer& of, Operation op, Function ended) {
      void* const memory = of.memory_.allocate(sizeof(task_of), alignof(task_of));
      return *::new (memory) task_of{of, std::move(op), std::move(ended)};
    }
    operation& op() noexcept override { return op_; }
    bool expect(interest first) noexcept override {
      if constexpr (reports_drained_)
        return detail::operation_access::expect(op_, first);
      else
        return false;
    }
    bool reports_drained() const noexcept override { return reports_drained_; }
    void complete() override {
      Operation op{std::move(op_)};
      Function ended{std::move(ended_)};
      drop();
      ended(op);
    }
    void drop() noexcept override {
      auto& memory = owner->memory_;
      this->~task_of();
      memory.deallocate(this, sizeof(task_of), alignof(task_of));
    }

   private:
    static constexpr bool reports_drained_ = Bare && std::is_same_v<Operation, transfer<memory_sink>>;

    task_of(multiplexer& of, Operation op, Function ended) noexcept
        : task{of}, op_{std::move(op)}, ended_{std::move(ended)} {}

    Operation op_;
    Function ended_;
  };

  template <class Connection>
  static socket* socket_of(Connection& connection) noexcept {
    if constexpr (requires { registered_socket(connection); })
      return registered_socket(connection);
    else
      return nullptr;
  }

  void begin(task& one, socket* over);
  void cancel_all(socket const& of) noexcept;
  registration* find(socket const& over) noexcept;
  void make_event();
  void adopt_after_fork();
  bool is_posted() noexcept;
  void call_posted();
  void take_completed() noexcept;
  task*& list_of(task const& one) noexcept;
  void link(task& one) noexcept;
  void unlink(task& one) noexcept;
  void make_runnable(task& one) noexcept;
  void wait(task& one) noexcept;
  int enter(task& one, interest const& what);
  void stop_waiting(task& one) noexcept;
  void collect(time_point until);
  bool advance(task& one);

  std::pmr::unsynchronized_pool_resource memory_;
  detail::interest_set set_;
  socket event_;  // an eventfd; `socket` serves as its owner
  detail::interest_set::member event_in_set_;
  struct : detail::interest_set::wait {
  } woken_;
  bool is_woken_ = false;  // that wait has completed
  std::atomic<bool> stopped_{false}, stop_asked_{false};
  task* advanced_ = nullptr;
  bool again_ = false;  // the operation that is advanced has been made runnable meanwhile
  std::mutex posted_mutex_;
  std::list<std::function<void()>> posted_;
  timers timers_{&memory_};
  descriptors descriptors_{&memory_};
  task* elsewhere_ = nullptr;  // the tasks without a registration
  task *first_runnable_ = nullptr, *last_runnable_ = nullptr;
  registration* registrations_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace nonblocking
}  // namespace trivium
