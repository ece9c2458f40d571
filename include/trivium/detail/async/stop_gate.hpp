// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The end of an execution context, for code that accesses the context from outside: another thread that
// requests a stop, the executor of a handler in another context, a connection that outlives its loop.
#pragma once

#include <trivium/config.hpp>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/detail/strand_executor_service.hpp>
#include <boost/asio/execution/bad_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <trivium/detail/async/interest_service.hpp>
#include <trivium/detail/forks.hpp>
#include <type_traits>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// Returns the context of an executor, or null if the executor does not provide it. Throws bad_executor, as
/// Asio does, if the executor is empty.
template <class Executor>
boost::asio::execution_context* context_of(Executor const& executor) {
  if constexpr (boost::asio::can_query<Executor const&, boost::asio::execution::context_t>::value) {
    if constexpr (std::is_constructible_v<bool, Executor const&>)
      if (!static_cast<bool>(executor)) throw boost::asio::execution::bad_executor{};
    using found = decltype(boost::asio::query(executor, boost::asio::execution::context));
    if constexpr (std::is_convertible_v<found, boost::asio::execution_context&>)
      return &static_cast<boost::asio::execution_context&>(
          boost::asio::query(executor, boost::asio::execution::context));
    else
      return nullptr;
  } else if constexpr (requires { executor.context(); }) {  // the executors of the Networking TS
    return &static_cast<boost::asio::execution_context&>(executor.context());
  } else {
    return nullptr;
  }
}

/// The stop gate of an execution context: it keeps the context alive while another thread accesses it, and
/// refuses access once its destruction has begun.
///
/// It is a service of the context. Asio shuts services down in the reverse order of their creation, and this
/// one is created after the reactor. So the gate closes before the reactor and the scheduler are shut down.
class stop_gate final : public boost::asio::execution_context::service {
 public:
  using key_type = stop_gate;
  inline static boost::asio::execution_context::id id;

  class state;

  /// An object that must release what it holds of the context before the context is destroyed.
  class dependent {
   public:
    dependent(dependent const&) = delete;
    dependent& operator=(dependent const&) = delete;

   protected:
    dependent() = default;
    ~dependent() = default;

   private:
    friend state;
    virtual void release() noexcept = 0;
    dependent *previous_ = nullptr, *next_ = nullptr;
  };

  /// Shared with callbacks that may run after the context has been destroyed, and so outlives it. Threads:
  /// any.
  class state {
   public:
    /// Calls `enter()` and returns true, unless the context is being destroyed; then returns false. The
    /// destruction of the context blocks until `enter()` has returned. A nested call on the same thread
    /// always returns true.
    template <class Function>
    bool pass(Function&& enter) {
      visit const here{*this};
      if (here.refused()) return false;
      std::forward<Function>(enter)();
      return true;
    }

    /// From now on `who.release()` is called before the context is destroyed. Requires: called within `pass`.
    void add(dependent& who) noexcept {
      std::lock_guard const lock{mutex_};
      who.next_ = std::exchange(first_, &who);
      if (who.next_ != nullptr) who.next_->previous_ = &who;
    }

    /// Calls `who.release()` now unless it has been called, and removes `who`.
    void finish(dependent& who) noexcept {
      withdraw(
          who, [&] { who.release(); }, [] {});
    }
    /// Removes `who` and calls `destroy()`, without `who.release()`. If the context is being destroyed,
    /// blocks until all dependents have released it, and calls `gone()` instead.
    template <class Destroy, class Gone>
    void withdraw(dependent& who, Destroy destroy, Gone gone) noexcept {
      bool const in_time = pass([&] {
        remove(who);
        destroy();
      });
      if (in_time) return;
      all_released_.wait(false);
      gone();
    }

    /// Closes the gate: blocks until no thread is within `pass`, then calls `release` of all dependents.
    void close() noexcept {
      auto inside = inside_.fetch_or(closed, std::memory_order_acq_rel) | closed;
      for (; inside != closed; inside = inside_.load(std::memory_order_acquire)) inside_.wait(inside);
      {
        std::lock_guard const lock{mutex_};
        while (first_ != nullptr) {
          auto& who = *first_;
          unlink(who);
          who.release();
        }
      }
      all_released_ = true;
      all_released_.notify_all();
    }

    /// The child of a fork shares the context's epoll set with its parent until notify_fork(fork_child) is
    /// called on the context. That calls this function.
    void adopt() noexcept { adopted_after_forks_ = forks(); }
    unsigned adopted_after_forks() const noexcept { return adopted_after_forks_; }

   private:
    static constexpr unsigned closed = 1u << 31;

    // One call of `pass`. The calls of a thread, which may be nested, form a list.
    class visit {
     public:
      explicit visit(state& of) noexcept : of_{of} {
        for (auto const* each = innermost_; each != nullptr; each = each->outer_)
          nested_ |= &each->of_ == &of;
        if (!nested_) refused_ = (of.inside_.fetch_add(1, std::memory_order_acq_rel) & closed) != 0;
        innermost_ = this;
      }
      ~visit() {
        innermost_ = outer_;
        if (nested_) return;
        if ((of_.inside_.fetch_sub(1, std::memory_order_acq_rel) & closed) != 0) of_.inside_.notify_all();
      }
      visit(visit const&) = delete;
      visit& operator=(visit const&) = delete;
      bool refused() const noexcept { return refused_; }

     private:
      inline static constinit thread_local visit* innermost_ = nullptr;
      state& of_;
      visit* const outer_ = innermost_;
      bool nested_ = false, refused_ = false;
    };

    void remove(dependent& who) noexcept {
      std::lock_guard const lock{mutex_};
      unlink(who);
    }
    void unlink(dependent& who) noexcept {
      if (who.previous_ == nullptr && first_ != &who) return;
      if (who.next_ != nullptr) who.next_->previous_ = who.previous_;
      (who.previous_ != nullptr ? who.previous_->next_ : first_) = who.next_;
      who.previous_ = who.next_ = nullptr;
    }

    std::atomic<unsigned> inside_{0};
    std::atomic<bool> all_released_{false};
    std::atomic<unsigned> adopted_after_forks_{forks()};
    std::mutex mutex_;
    dependent* first_ = nullptr;
  };

  explicit stop_gate(boost::asio::execution_context& context)
      : service{context}, state_{std::make_shared<state>()} {}

  /// Returns the gate of an executor's context, or null if the executor does not provide its context. Throws
  /// what creating the context's reactor throws.
  template <class Executor>
  static std::shared_ptr<state> of(Executor const& executor) {
    auto* const context = context_of(executor);
    if (context == nullptr) return nullptr;
    // Create the reactor, the strands' service and the interest set first, so that they are shut down after
    // the gate has closed.
    if constexpr (std::is_convertible_v<Executor const&, boost::asio::any_io_executor>) {
      if (!boost::asio::has_service<stop_gate>(*context)) {
        boost::asio::steady_timer const reactor{boost::asio::any_io_executor{executor}};
        // Name the strands' service directly, because creating a strand is not safe if memory is exhausted:
        // strand_executor_service::create_implementation then destroys what it has not constructed yet (Boost
        // 1.81 to 1.88).
        boost::asio::use_service<boost::asio::detail::strand_executor_service>(*context);
      }
    }
    boost::asio::use_service<interest_service>(*context);
    return boost::asio::use_service<stop_gate>(*context).state_;
  }

 private:
  void shutdown() override { state_->close(); }
  void notify_fork(boost::asio::execution_context::fork_event what) override {
    if (what == boost::asio::execution_context::fork_child) state_->adopt();
  }

  std::shared_ptr<state> state_;
};

}  // namespace detail
}  // namespace trivium
