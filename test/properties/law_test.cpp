// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The law, exactly: what each way asks of the kernel and of the heap, counted for every way and transport.
//
//   calls       <= waits + ceil(bytes / step_max) + 1
//   polls       == waits (blocking under limits, nonblocking with retry::poll); async: none
//   epoll_wait  <= waits + ceil(bytes / budget) + 1;  epoll_ctl <= waits
//   allocations == 0 in steady state, whatever is armed

#include <sys/mman.h>

#include <array>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>
#include <chosen.hpp>
#include <counts.hpp>
#include <faults.hpp>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <stop_token>
#include <thread>
#include <transports.hpp>
#include <tuple>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr int small_buffers = 64 * 1024;
constexpr int medium_buffers = 256 * 1024;  // quicker, and still less than 1 MiB
constexpr std::size_t some_steps = 5 * step_max + 1;

// A blocking transfer without limits waits in the call that moves its bytes: no poll, and no wait to count
// but where that moved only a part.
bool sleeps_in_the_call() {
  return chosen_way_is<blocking_way>();
}

bool called_back() {
  return chosen_way_is<async_way>();
}

std::uint64_t parts(std::size_t bytes, std::size_t of) {
  return (bytes + of - 1) / of;
}

// Reads until the end and forgets, in a thread of its own: no memory of its own grows.
class draining_peer {
 public:
  explicit draining_peer(trivium::socket& end)
      : thread_{[fd = end.native_handle()] {
          // TCP throws away what is read with MSG_TRUNC, uncopied; a Unix socket copies it.
          static thread_local char part[1 << 20];
          for (;;) {
            auto const n = ::recv(fd, part, sizeof part, MSG_TRUNC);
            if (n == 0 || (n < 0 && errno != EINTR)) return;
          }
        }} {}
  ~draining_peer() { thread_.join(); }

 private:
  std::thread thread_;
};

// Bytes that are all zero and take no memory.
class zeros {
 public:
  explicit zeros(std::size_t bytes)
      : bytes_{bytes},
        at_{::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)} {
    BOOST_REQUIRE(at_ != MAP_FAILED);
  }
  ~zeros() { ::munmap(at_, bytes_); }
  zeros(zeros const&) = delete;
  zeros& operator=(zeros const&) = delete;
  asio::const_buffer buffer() const { return {at_, bytes_}; }

 private:
  std::size_t bytes_;
  void* at_;
};

struct seen {
  transfer_result result;
  counts asked;
  std::uint64_t moving_calls, polls;
};

// An operation that waits at least once, however quick the peer is: its first call is short, as if of a full
// or a drained buffer.
template <class Operation>
transfer_result waiting_once(Operation operation) {
  faults const short_once{
      [](moving_call const& call) { return call.number == 0 ? fault{.at_most = 1} : fault{}; }};
  auto const result = operation();
  BOOST_TEST((result.waits > 0u || sleeps_in_the_call()));
  return result;
}

template <class Operation>
seen observe(Operation operation) {
  faults seam;
  auto const before = counted();
  auto const result = operation();
  auto const after = counted();
  return {result,
          {after.epoll_waits - before.epoll_waits, after.epoll_ctls - before.epoll_ctls,
           after.timer_settings - before.timer_settings, after.allocations - before.allocations},
          seam.moving_calls(),
          seam.polls};
}

void is_lawful(seen const& what, std::size_t bytes, bool limited) {
  auto const& result = what.result;
  BOOST_TEST(no_error(result));
  BOOST_TEST(result.bytes == bytes);
  BOOST_TEST(result.calls == what.moving_calls);
  auto const steps = parts(bytes, called_back() ? async::budget : step_max);
  BOOST_TEST(result.calls <= result.waits + steps + 1);
  if (called_back()) {
    BOOST_TEST(what.polls == 0u);
    BOOST_TEST(what.asked.epoll_waits <= result.waits + steps + 1);
    BOOST_TEST(what.asked.epoll_ctls <= result.waits);
  } else {
    BOOST_TEST(what.polls == (sleeps_in_the_call() && !limited ? 0u : result.waits));
    BOOST_TEST(what.asked.epoll_waits + what.asked.epoll_ctls == 0u);
  }
}

limits const an_hour{.timeout = 1h, .stall_timeout = 1h, .min_rate = {1, 1h}};

}  // namespace

BOOST_AUTO_TEST_SUITE(law)

BOOST_AUTO_TEST_CASE(a_send_calls_once_for_each_wait_and_step) {
  pair ends{small_buffers};
  draining_peer peer{ends.far};
  zeros const data{some_steps};
  // The first operation that waits joins the reactor; that is once for each connection.
  BOOST_TEST(no_error(waiting_once([&] { return way::send_all(ends.near, data.buffer()); })));

  is_lawful(observe([&] { return way::send_all(ends.near, data.buffer()); }), some_steps, false);
  is_lawful(observe([&] { return way::send_all(ends.near, data.buffer(), an_hour); }), some_steps, true);
  ends.near.close();
}

BOOST_AUTO_TEST_CASE(a_receive_calls_once_for_each_wait_and_step) {
  pair ends{small_buffers};
  writing_peer peer{ends.far, std::vector<std::byte>(3 * some_steps)};
  std::vector<std::byte> into(some_steps);
  BOOST_TEST(no_error(waiting_once([&] { return way::receive_all(ends.near, into); })));

  is_lawful(observe([&] { return way::receive_all(ends.near, into); }), some_steps, false);
  is_lawful(observe([&] { return way::receive_all(ends.near, into, an_hour); }), some_steps, true);
}

// What fits is one system call, in every way, whatever is armed. (async: and one turn of the loop, to tell.)
BOOST_AUTO_TEST_CASE(an_operation_that_does_not_wait_is_one_call_with_limits_and_without) {
  pair ends;
  std::array<std::byte, 64> bytes{};
  std::stop_source stop;
  auto const token = stop.get_token();
  auto armed = an_hour;
  armed.stop = token;

  for (auto const& within : {limits{}, an_hour, armed}) {
    faults seam;
    auto const before = counted();
    auto const sent = way::send_all(ends.near, bytes, within);
    BOOST_TEST(no_error(sent));
    BOOST_TEST(sent.calls == 1u);
    BOOST_TEST(sent.waits == 0u);
    BOOST_TEST(seam.all == 1u);
    auto const after = counted();
    BOOST_TEST(after.timer_settings == before.timer_settings);
    BOOST_TEST(after.epoll_ctls == before.epoll_ctls);
    BOOST_TEST(after.epoll_waits - before.epoll_waits <= (called_back() ? 1u : 0u));
  }
}

// 2.5 GiB: more than any size that Linux or Asio treats in one piece, more than 32 bits of signed length.
BOOST_AUTO_TEST_CASE(the_heap_of_a_huge_transfer_is_that_of_a_small_one, *of_ways_over_tcp) {
  if (!counts_allocations) {
    BOOST_TEST_MESSAGE("not counted under a sanitizer");
    return;
  }
  auto const heap_of = [](std::size_t bytes) {
    pair ends{medium_buffers};
    draining_peer peer{ends.far};
    zeros const data{bytes};
    std::size_t peak = 0;
    auto const sent = waiting_once([&] {
      heap_peak const heap;
      auto const result = way::send_all(ends.near, data.buffer());
      peak = heap.bytes();
      return result;
    });
    BOOST_TEST(no_error(sent));
    BOOST_TEST(sent.bytes == bytes);
    ends.near.close();
    return peak;
  };
  auto const small = heap_of(std::size_t{1} << 20);
  BOOST_TEST(heap_of(std::size_t{5} << 29) == small);
  BOOST_TEST(small <= 16u * 1024);
  BOOST_TEST_MESSAGE("peak heap of a transfer: " << small << " B");
}

BOOST_AUTO_TEST_SUITE_END()

// --- Allocations in steady state.
//
// A peer in another thread answers each byte that it is asked with, on a pipe, by one message; so every
// receive waits, without a sleep anywhere. Sends wait because they are larger than what lies between.

namespace {

class prompted_peer {
 public:
  explicit prompted_peer(trivium::socket& end) {
    auto [ours, theirs] = local_pair();
    prompt_ = std::move(ours);
    thread_ = std::thread{[fd = end.native_handle(), asked = std::move(theirs)] {
      static thread_local char part[1 << 20];
      for (char what = 0; ::recv(asked.native_handle(), &what, 1, 0) == 1;) {
        if (what == 's') {
          ::send(fd, part, message, MSG_NOSIGNAL);
        } else {
          for (std::size_t left = sent; left != 0;) {
            auto const n = ::recv(fd, part, std::min(left, sizeof part), 0);
            if (n <= 0) return;
            left -= static_cast<std::size_t>(n);
          }
        }
      }
    }};
  }
  ~prompted_peer() {
    prompt_.close();
    thread_.join();
  }

  void to_send() { ask('s'); }
  void to_receive() { ask('r'); }

  static constexpr std::size_t message = 64;
  static constexpr std::size_t sent = std::size_t{1} << 20;

 private:
  void ask(char what) { BOOST_REQUIRE(::send(prompt_.native_handle(), &what, 1, 0) == 1); }
  trivium::socket prompt_;
  std::thread thread_;
};

constexpr unsigned warm_up = 8;
constexpr unsigned measured = 32;

enum class verb { send_some, send_all, receive_some, receive_all, exchange };
constexpr verb all_verbs[] = {verb::send_some, verb::send_all, verb::receive_some, verb::receive_all,
                              verb::exchange};

struct armed {
  char const* what;
  limits within{};
  bool slot = false;
};

// Operations one after the other in one run of the loop, each begun by the last one's handler.
template <class Connection, class Executor>
struct series {
  Connection& connection;
  prompted_peer& peer;
  verb what;
  armed const& with;
  Executor executor;

  std::vector<std::byte> memory = std::vector<std::byte>(prompted_peer::sent);
  asio::cancellation_signal cancel{};
  unsigned done = 0;
  std::uint64_t at_first = 0, allocations = 0, waits = 0;

  struct handler {
    series* of;
    std::array<std::byte, 32 - sizeof(void*)> as_large_as_promised{};
    using executor_type = Executor;
    executor_type get_executor() const noexcept { return of->executor; }
    using cancellation_slot_type = asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept {
      return of->with.slot ? of->cancel.slot() : asio::cancellation_slot{};
    }
    void operator()(transfer_result result) { of->ended(result); }
  };

  void start() {
    asio::const_buffer const from{memory.data(), memory.size()};
    asio::mutable_buffer const into{memory.data(), prompted_peer::message};
    switch (what) {
      case verb::send_some:
        // What is taken at once does not wait; the peer's reading is the next operation's room.
        return async::send_some(connection, asio::buffer(from, 64), with.within, handler{this});
      case verb::send_all:
        async::send_all(connection, from, with.within, handler{this});
        return peer.to_receive();
      case verb::receive_some:
        async::receive_some(connection, into, with.within, handler{this});
        return peer.to_send();
      case verb::receive_all:
        async::receive_all(connection, into, with.within, handler{this});
        return peer.to_send();
      case verb::exchange:  // one that does not wait after one that does
        if (done % 2 == 0)
          return async::send_all(connection, asio::buffer(from, 64), with.within, handler{this});
        async::receive_all(connection, into, with.within, handler{this});
        return peer.to_send();
    }
  }

  void ended(transfer_result const& result) {
    BOOST_REQUIRE(no_error(result));
    if (done >= warm_up) waits += result.waits;
    if (++done == warm_up) at_first = counted().allocations;
    if (done == warm_up + measured) {
      allocations = counted().allocations - at_first;
      return;
    }
    start();
  }
};

// The one text here that is compiled for each transport: the loop's own types are what may allocate.
template <class Connection, class Executor>
void allocates_nothing_in_a_loop(auto& ends, Executor executor, armed const& with) {
  for (auto const what : all_verbs) {
    // Fresh for each: what one verb leaves in Asio's caches is not the next one's steady state.
    prompted_peer peer{ends.far};
    series<Connection, Executor> operations{ends.near, peer, what, with, executor};
    asio::post(executor, [&] { operations.start(); });
    ends.io.restart();
    ends.io.run();
    BOOST_TEST_CONTEXT(with.what << ", verb " << static_cast<int>(what)) {
      BOOST_TEST(operations.done == warm_up + measured);
      BOOST_TEST(operations.allocations == 0u);
      auto const waiting = what == verb::send_some ? 0 : what == verb::exchange ? measured / 2 : measured;
      BOOST_TEST(operations.waits >= waiting);
    }
    // Leave nothing between for what comes next.
    auto const unread = what == verb::send_some  ? warm_up + measured
                        : what == verb::exchange ? (warm_up + measured) / 2
                                                 : 0;
    if (unread == 0) continue;
    std::vector<char> drained(64 * unread);
    BOOST_REQUIRE(::recv(ends.far.native_handle(), drained.data(), drained.size(), MSG_WAITALL) ==
                  static_cast<ssize_t>(drained.size()));
  }
}

template <class... Transport>
bool with_the_chosen_transport(std::tuple<Transport...>, auto const& run) {
  return ((chosen().transport == Transport::name && (run(Transport{}), true)) || ...);
}

// All limits, and a stop that nobody asks for.
struct armed_with_everything {
  std::stop_source stop;
  std::stop_token const token = stop.get_token();
  limits everything = an_hour;
  armed_with_everything() { everything.stop = token; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(law)

BOOST_FIXTURE_TEST_CASE(an_async_operation_allocates_nothing_in_steady_state, armed_with_everything,
                        *of_async) {
  if (!counts_allocations) {
    BOOST_TEST_MESSAGE("not counted under a sanitizer");
    return;
  }
  armed const arms[] = {{"nothing armed"},
                        {"limits", an_hour},
                        {"stop token", {.stop = token}},
                        {"cancellation slot", {}, true},
                        {"everything", everything, true}};
  auto const over = [&]<class Transport>(Transport) {
    for (auto const& with : arms) {
      loopback<Transport> ends{small_buffers};
      using connection = decltype(ends.near);
      allocates_nothing_in_a_loop<connection>(ends, ends.io.get_executor(), with);
      allocates_nothing_in_a_loop<connection>(ends, asio::make_strand(ends.io), with);
    }
  };
  BOOST_TEST(with_the_chosen_transport(transports{}, over));
}

BOOST_FIXTURE_TEST_CASE(a_blocking_or_nonblocking_operation_allocates_nothing, armed_with_everything,
                        *of_waiting_ways) {
  if (!counts_allocations) {
    BOOST_TEST_MESSAGE("not counted under a sanitizer");
    return;
  }
  std::vector<std::byte> memory(prompted_peer::sent), into(prompted_peer::message);
  for (auto const& within : {limits{}, an_hour, everything}) {
    pair ends{small_buffers};
    prompted_peer peer{ends.far};
    auto const each_verb = [&] {
      peer.to_receive();
      BOOST_REQUIRE(no_error(way::send_all(ends.near, memory, within)));
      peer.to_send();
      BOOST_REQUIRE(no_error(way::receive_all(ends.near, into, within)));
      peer.to_send();
      BOOST_REQUIRE(no_error(way::receive_some(ends.near, into, within)));
    };
    each_verb();
    auto const before = counted().allocations;
    for (unsigned i = 0; i != measured; ++i) each_verb();
    BOOST_TEST(counted().allocations == before);
  }
}

BOOST_AUTO_TEST_SUITE_END()
