// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// pthread_cancel: no call of the library is a cancellation point, whatever it waits for. It goes on, its
// count is exact, and the thread is cancelled at the program's own next cancellation point.

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <addresses.hpp>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <faults.hpp>
#include <functional>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <stdexcept>
#include <string>
#include <transports.hpp>
#include <trivium/trivium.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t size = 1 << 20;

// Runs `call` in a thread of its own, which is asked to end by pthread_cancel before the call begins, or
// while it waits; `unblocks` then lets the call finish.
class cancelled_thread {
 public:
  explicit cancelled_thread(std::function<void()> call) : call_{std::move(call)} {
    ::pthread_create(
        &thread_, nullptr, [](void* self) { return static_cast<cancelled_thread*>(self)->run(); }, this);
  }
  cancelled_thread(cancelled_thread const&) = delete;
  cancelled_thread& operator=(cancelled_thread const&) = delete;

  void cancel() { ::pthread_cancel(thread_); }
  void go() { may_begin_.store(true), may_begin_.notify_all(); }

  /// Whether the call came back, and the thread then was cancelled.
  bool ended_after_its_call() {
    void* how = nullptr;
    ::pthread_join(thread_, &how);
    return how == PTHREAD_CANCELED && came_back_ && unwound_;
  }

 private:
  void* run() {
    may_begin_.wait(false);
    struct unwinding {
      bool* unwound;
      ~unwinding() { *unwound = true; }
    } const watched{&unwound_};
    call_();
    came_back_ = true;
    ::pause();  // a cancellation point of the program's own; no signal comes
    return nullptr;
  }

  std::function<void()> call_;
  std::atomic<bool> may_begin_{false};
  bool came_back_ = false, unwound_ = false;
  pthread_t thread_{};
};

enum class when { before_it_begins, while_it_waits };

// `waits` tells whether the call has begun to wait; `unblocks` lets it finish.
void cancel(when at, std::function<void()> call, std::function<void()> const& wait_until_it_waits,
            std::function<void()> const& unblocks) {
  cancelled_thread other{std::move(call)};
  if (at == when::before_it_begins) other.cancel();
  other.go();
  wait_until_it_waits();
  if (at == when::while_it_waits) other.cancel();
  unblocks();
  BOOST_TEST(other.ended_after_its_call());
}

// That the thread sleeps, or polls: the kernel says so, or the library's own calls.
struct system_calls {
  std::atomic<int> made{0};
};
system_calls calls;

ssize_t counted_send(int fd, void const* data, std::size_t bytes, int flags) {
  ++calls.made;
  return kernel.send(fd, data, bytes, flags);
}
ssize_t counted_recv(int fd, void* data, std::size_t bytes, int flags) {
  ++calls.made;
  return kernel.recv(fd, data, bytes, flags);
}
int counted_ppoll(pollfd* watch, nfds_t count, timespec const* at_most, sigset_t const* mask) {
  ++calls.made;
  return kernel.ppoll(watch, count, at_most, mask);
}
int counted_accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  ++calls.made;
  return kernel.accept4(fd, address, length, flags);
}

// While it lives, the library's calls are counted. The last before a wait is the one that waits.
struct counting {
  counting() {
    calls.made = 0;
    table.send = counted_send;
    table.recv = counted_recv;
    table.ppoll = counted_ppoll;
    table.accept4 = counted_accept4;
    in_force.emplace(table);
  }
  system_table table = kernel;
  std::optional<replaced_system> in_force;
};

void wait_for_calls(int count) {
  while (calls.made < count) ::sched_yield();
}

struct ending {
  char const* name;
  limits with;
};

// What may end the wait, so that the thread waits in one place or the other.
std::vector<ending> endings(std::stop_token const& never) {
  return {{"no limit", {}}, {"timeout", {.timeout = 60s}}, {"stop", {.stop = never}}};
}

std::pair<trivium::socket, trivium::socket> tcp_ends() {
  return tcp_pair(16 * 1024);
}
std::pair<trivium::socket, trivium::socket> local_ends() {
  return local_pair(16 * 1024);
}
constexpr std::pair<char const*, std::pair<trivium::socket, trivium::socket> (*)()> transports[] = {
    {"tcp", tcp_ends}, {"local", local_ends}};

// For each way to wait: the count of calls it takes until it does.
template <class Try>
void in_each_case(Try attempt) {
  std::stop_source source;
  auto const never = source.get_token();
  for (auto const& [transport, ends] : transports)
    for (auto const& within : endings(never))
      for (auto const at : {when::before_it_begins, when::while_it_waits})
        BOOST_TEST_CONTEXT(transport << ", " << within.name
                                     << (at == when::before_it_begins ? ", before" : ", while it waits")) {
          attempt(ends(), within.with, at);
        }
}

int calls_until_it_waits(limits const& with) {
  return with.none() ? 1 : 2;  // in the call that moves bytes; or in ppoll, after an attempt
}

void read_all(int fd, std::size_t bytes, std::vector<std::byte>& into) {
  into.resize(bytes);
  for (std::size_t done = 0; done != bytes;) {
    auto const n = ::recv(fd, into.data() + done, bytes - done, 0);
    if (n <= 0) return into.resize(done);
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_receive_goes_on_and_is_exact) {
  auto const data = pattern(size);
  for (bool const all : {true, false})
    in_each_case([&](auto ends, limits const& with, when at) {
      auto& [near, far] = ends;
      std::vector<std::byte> into(size);
      transfer_result came;
      counting const seam;
      cancel(
          at,
          [&, &from = near] {
            came = all ? blocking::receive_all(from, into, with) : blocking::receive_some(from, into, with);
          },
          [&] { wait_for_calls(calls_until_it_waits(with)); },
          [&, to = far.native_handle()] {
            for (std::size_t done = 0; done != (all ? size : 1);) {
              auto const n = ::send(to, data.data() + done, all ? size - done : 1, MSG_NOSIGNAL);
              BOOST_REQUIRE(n > 0);
              done += static_cast<std::size_t>(n);
            }
          });
      BOOST_TEST(no_error(came));
      BOOST_TEST(came.bytes == (all ? size : 1u));
      BOOST_TEST(
          std::equal(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(came.bytes), data.begin()));
    });
}

BOOST_AUTO_TEST_CASE(a_send_and_its_finish_go_on_and_are_exact) {
  auto const data = pattern(size);
  in_each_case([&](auto ends, limits const& with, when at) {
    auto& [near, far] = ends;
    std::vector<std::byte> seen;
    transfer_result came, finished;
    counting const seam;
    cancel(
        at,
        [&, &to = near] {
          came = blocking::send_all(to, data, with);
          finished = blocking::finish(to, with);
        },
        [&] { wait_for_calls(calls_until_it_waits(with)); },
        [&, from = far.native_handle()] { read_all(from, size, seen); });
    BOOST_TEST(no_error(came));
    BOOST_TEST(came.bytes == size);
    BOOST_TEST(same(seen, data));
    BOOST_TEST(no_error(finished));
  });
}

BOOST_AUTO_TEST_CASE(an_accept_goes_on) {
  std::stop_source source;
  auto const never = source.get_token();
  for (auto const& within : endings(never))
    for (auto const at : {when::before_it_begins, when::while_it_waits}) {
      auto listening = listen(loopback_address()).value();
      auto const to = listening.local_endpoint().value();
      bool accepted = false;
      trivium::socket caller;
      counting const seam;
      cancel(
          at, [&] { accepted = blocking::accept(listening, within.with).has_value(); },
          [] { wait_for_calls(2); },
          [&] {
            caller = trivium::socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
            BOOST_REQUIRE(::connect(caller.native_handle(), to.data(), to.size()) == 0);
          });
      BOOST_TEST(accepted);
    }
}

BOOST_AUTO_TEST_CASE(a_connect_by_name_goes_on) {
  auto const listening = listen(loopback_address()).value();
  auto const to = listening.local_endpoint().value();
  std::stop_source source;
  auto const never = source.get_token();
  int number = 0;
  for (auto const& within : endings(never))
    for (auto const at : {when::before_it_begins, when::while_it_waits}) {
      std::atomic<bool> asked{false}, answers{false};
      faults seam;
      seam.names = [&](char const*, char const*, addrinfo** found) {
        asked = true;
        answers.wait(false);
        return name_stands_for({to}, found);
      };
      bool connected = false;
      cancel(
          at,
          [&] {
            connected = blocking::connect("cancelled" + std::to_string(++number) + ".test", "1", within.with)
                            .has_value();
          },
          [&] {
            while (!asked || faults::polls == 0) ::sched_yield();
          },
          [&] { answers.store(true), answers.notify_all(); });
      BOOST_TEST(connected);
    }
}

BOOST_AUTO_TEST_CASE(a_nonblocking_transfer_goes_on_with_each_policy) {
  auto const data = pattern(size);
  auto const with = [&](auto policy, int calls_first) {
    in_each_case([&](auto ends, limits const& limited, when at) {
      auto& [near, far] = ends;
      std::vector<std::byte> seen;
      transfer_result came;
      counting const seam;
      cancel(
          at, [&, &to = near] { came = nonblocking::send_all(to, data, policy, limited); },
          [&] { wait_for_calls(calls_first); },
          [&, from = far.native_handle()] { read_all(from, size, seen); });
      BOOST_TEST(no_error(came));
      BOOST_TEST(came.bytes == size);
      BOOST_TEST(same(seen, data));
    });
  };
  with(retry::poll, 2);
  with(retry::backoff{1us, 1ms}, 4);
  with(retry::yield, 4);
  with(retry::spin, 4);
  with(retry::call([] {}), 4);
}

// The other work is the program's: what it calls is a cancellation point as ever, and unwinds the operation.
// (Not under g++ 12's ASan, which takes the frames that are unwound so for still in use.)
#ifdef __SANITIZE_ADDRESS__
boost::unit_test::disabled const where_unwound;
#else
boost::unit_test::enabled const where_unwound;
#endif
BOOST_AUTO_TEST_CASE(a_policy_that_calls_a_cancellation_point_of_its_own_is_unwound, *where_unwound) {
  auto [near, far] = local_pair(16 * 1024);
  auto const data = pattern(size);
  pthread_t thread;
  struct shared {
    trivium::socket* to;
    std::vector<std::byte> const* data;
    std::size_t bytes;
  } with{&near, &data, 0};
  ::pthread_create(
      &thread, nullptr,
      [](void* argument) -> void* {
        auto& mine = *static_cast<shared*>(argument);
        transfer upload{*mine.to, sending(*mine.data)};
        struct counts {
          operation* of;
          std::size_t* into;
          ~counts() { *into = of->result().bytes; }
        } const exact{&upload, &mine.bytes};
        nonblocking::complete(upload, retry::call([] { ::pause(); }));
        return nullptr;
      },
      &with);
  ::pthread_cancel(thread);
  void* how = nullptr;
  ::pthread_join(thread, &how);
  BOOST_TEST(how == PTHREAD_CANCELED);
  near.close();
  std::vector<std::byte> seen;
  read_all(far.native_handle(), size, seen);
  BOOST_TEST(seen.size() == with.bytes);
}

// epoll_wait is Asio's, and a cancellation point: run() is unwound, and all loops end.
BOOST_AUTO_TEST_CASE(a_thread_in_run_of_a_reactor_is_cancelled_and_the_loops_end, *where_unwound) {
  reactor loops{{.loops = 2}};
  std::atomic<int> running{0};
  for (std::size_t i = 0; i != loops.loops(); ++i)
    boost::asio::post(loops.get_executor(i), [&] { ++running; });
  pthread_t thread;
  ::pthread_create(
      &thread, nullptr,
      [](void* of) -> void* {
        static_cast<reactor*>(of)->run();
        return nullptr;
      },
      &loops);
  while (running < 2) ::sched_yield();
  ::pthread_cancel(thread);
  void* how = nullptr;
  ::pthread_join(thread, &how);
  BOOST_TEST(how == PTHREAD_CANCELED);
}
