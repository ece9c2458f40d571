// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A fault at every step. The idea: a transfer through small buffers takes some tens of moving calls. Run it
// again and again, and let the first call answer with the fault, then the second, and so on until a run ends
// before its call is reached. After each run the bytes are compared with what the peer saw.

#include <boost/test/unit_test.hpp>
#include <chosen.hpp>
#include <faults.hpp>
#include <files.hpp>
#include <folder.hpp>
#include <functional>
#include <memory>
#include <peer.hpp>
#include <printing.hpp>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

constexpr int small_buffers = 32 * 1024;
constexpr std::size_t some = 300'000;
constexpr std::size_t most_at_once = 70'000;  // however fast the peer is, there are steps to strike
constexpr std::uint64_t at_least_so_many_calls = 1 + some / most_at_once;

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

// What a channel has taken and holds back when its connection ends, the peer does not see.
bool may_hold_back() {
  return chosen().channel;
}

// What the n-th moving call answers, and those `since`.
using answering = std::function<fault(moving_call const&, std::uint64_t since)>;
using judging = std::function<void(transfer_result const&)>;

// A fault at the n-th moving call.
struct strike {
  std::uint64_t at;
  answering answer;
  bool struck = false;

  fault operator()(moving_call const& call) {
    if (call.number < at) return {.at_most = most_at_once};
    struck = true;
    return answer(call, call.number - at);
  }
};

// What is sent from, and received into: memory, or a file.
enum class kept_in { memory, file };

struct sample {
  explicit sample(kept_in where) : in{where} {
    if (in == kept_in::file) write_file(path, data);
  }
  transfer_result send(near_end& to, std::size_t from, limits const& within) const {
    if (in == kept_in::file) return way::send_file(to, {path, {.offset = from}}, within);
    return way::send_all(to, std::span{data}.subspan(from), within);
  }

  kept_in const in;
  folder const files;
  std::string const path = files.path("sample");
  std::vector<std::byte> const data = pattern(some);
};

struct room {
  explicit room(kept_in where) : in{where} {}
  transfer_result receive(near_end& from, std::size_t at, limits const& within) {
    if (in == kept_in::file)
      return way::receive_file(from, {path, {.offset = at, .length = some - at}}, within);
    auto left = std::span{memory}.subspan(at);
    return way::receive_all(from, left, within);
  }
  std::vector<std::byte> first(std::size_t bytes) const {
    auto all = in == kept_in::file ? read_file(path) : memory;
    all.resize(bytes);
    return all;
  }

  kept_in const in;
  folder const files;
  std::string const path = files.path("room");
  std::vector<std::byte> memory = std::vector<std::byte>(some);
};

// One run in each direction, `expects` judging how the operation under fault ended; if it ended short but
// the connection is usable, the rest follows without faults.
bool survives_sending(sample const& from, std::uint64_t at, answering const& answer, limits const& within,
                      judging const& expects) {
  pair ends{small_buffers};
  reading_peer peer{ends.far};
  transfer_result sent;
  auto script = std::make_shared<strike>(strike{at, answer});
  {
    trivium::test::faults seam{[script](moving_call const& call) { return (*script)(call); }};
    sent = from.send(ends.near, 0, within);
    BOOST_TEST(sent.calls == seam.moving_calls());
  }
  expects(sent);
  auto arrives = sent.bytes;
  if (sent.error && sent.connection_usable()) {
    auto const rest = from.send(ends.near, sent.bytes, {});
    BOOST_TEST(no_error(rest));
    arrives += rest.bytes;
    BOOST_TEST(arrives == some);
  }
  ends.near.close();
  if (may_hold_back() && sent.error && !sent.connection_usable()) {
    BOOST_TEST(peer.seen().size() <= arrives);
    arrives = peer.seen().size();
  }
  BOOST_TEST(same(
      peer.seen(),
      std::vector<std::byte>(from.data.begin(), from.data.begin() + static_cast<std::ptrdiff_t>(arrives))));
  return script->struck;
}

bool survives_receiving(kept_in in, std::uint64_t at, answering const& answer, limits const& within,
                        judging const& expects) {
  pair ends{small_buffers};
  auto const data = pattern(some);
  writing_peer peer{ends.far, data};
  room into{in};
  transfer_result received;
  auto script = std::make_shared<strike>(strike{at, answer});
  {
    trivium::test::faults seam{[script](moving_call const& call) { return (*script)(call); }};
    received = into.receive(ends.near, 0, within);
    BOOST_TEST(received.calls == seam.moving_calls());
  }
  expects(received);
  auto arrived = received.bytes;
  if (received.error && received.connection_usable()) {
    auto const rest = into.receive(ends.near, arrived, {});
    BOOST_TEST(no_error(rest));
    arrived += rest.bytes;
    BOOST_TEST(arrived == some);
  }
  ends.near.close();  // lets a peer go that still writes
  BOOST_TEST(same(into.first(arrived),
                  std::vector<std::byte>(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(arrived))));
  return script->struck;
}

void at_every_step(answering const& answer, judging const& expects, limits const& within = {.timeout = 1h}) {
  for (auto const in : {kept_in::memory, kept_in::file}) {
    sample const from{in};
    std::uint64_t sends = 0, receives = 0;
    while (survives_sending(from, sends, answer, within, expects)) ++sends;
    while (survives_receiving(in, receives, answer, within, expects)) ++receives;
    BOOST_TEST(sends >= at_least_so_many_calls);
    BOOST_TEST(receives >= at_least_so_many_calls);
    // Without limits the blocking way sleeps in the very calls that move the bytes.
    if (!chosen_way_is<blocking_way>()) continue;
    for (std::uint64_t at = 0; survives_sending(from, at, answer, {}, expects);) ++at;
    for (std::uint64_t at = 0; survives_receiving(in, at, answer, {}, expects);) ++at;
  }
}

void all_moved(transfer_result const& result) {
  BOOST_TEST(no_error(result));
  BOOST_TEST(result.bytes == some);
}

// All that was asked, or the error that was made; one run in each series is not struck.
auto all_or(error_code why) {
  return [why](transfer_result const& result) {
    if (!result.error) return all_moved(result);
    BOOST_TEST(result.error == why);
    BOOST_TEST(result.bytes < some + (may_hold_back() ? 1 : 0));
  };
}

fault error_once(int code, std::uint64_t since) {
  return since == 0 ? fault{.error = code} : fault{};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(a_single_byte_is_a_byte) {
  at_every_step(
      [](moving_call const&, std::uint64_t since) { return since == 0 ? fault{.at_most = 1} : fault{}; },
      all_moved);
}

BOOST_AUTO_TEST_CASE(half_of_what_was_asked_is_half) {
  at_every_step(
      [](moving_call const& call, std::uint64_t since) {
        return since == 0 ? fault{.at_most = std::max<std::size_t>(call.asked / 2, 1)} : fault{};
      },
      all_moved);
}

BOOST_AUTO_TEST_CASE(an_interruption_is_passed_over) {
  at_every_step([](moving_call const&, std::uint64_t since) { return error_once(EINTR, since); }, all_moved);
}

BOOST_AUTO_TEST_CASE(a_storm_of_interruptions_is_passed_over) {
  at_every_step(
      [](moving_call const&, std::uint64_t since) { return since < 10 ? fault{.error = EINTR} : fault{}; },
      all_moved);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_waited_for) {
  at_every_step([](moving_call const&, std::uint64_t since) { return error_once(EAGAIN, since); }, all_moved);
}

BOOST_AUTO_TEST_CASE(no_buffers_ends_it_and_it_goes_on_at_its_count) {
  at_every_step([](moving_call const&, std::uint64_t since) { return error_once(ENOBUFS, since); },
                [](transfer_result const& result) {
                  all_or(kernels(ENOBUFS))(result);
                  BOOST_TEST(result.connection_usable());
                });
}

BOOST_AUTO_TEST_CASE(a_reset_ends_it_at_its_count) {
  at_every_step([](moving_call const&, std::uint64_t since) { return error_once(ECONNRESET, since); },
                [](transfer_result const& result) {
                  all_or(kernels(ECONNRESET))(result);
                  BOOST_TEST(result.connection_usable() == !result.error);
                });
}

// The clock of the limits leaps ahead of them in the middle: at whichever call, the count is exact and the
// transfer goes on at it.
BOOST_AUTO_TEST_CASE(a_clock_that_leaps_past_a_limit_costs_no_byte) {
  auto const jump = [](moving_call const&, std::uint64_t since) {
    if (since == 0) trivium::test::faults::in_force().clock_jump_ns += nanoseconds{1h}.count();
    return fault{};
  };
  auto const by_a_limit = [](transfer_result const& result) {
    if (!result.error) return all_moved(result);
    BOOST_TEST(
        (result.error == errc::timed_out || result.error == errc::stalled || result.error == errc::too_slow));
    BOOST_TEST(result.connection_usable());
  };
  at_every_step(jump, by_a_limit, {.timeout = 30min, .stall_timeout = 10min, .min_rate = {1, 1min}});
}

BOOST_AUTO_TEST_CASE(a_clock_that_falls_back_ends_nothing) {
  at_every_step(
      [](moving_call const&, std::uint64_t since) {
        if (since == 0) trivium::test::faults::in_force().clock_jump_ns -= nanoseconds{1h}.count();
        return fault{};
      },
      [](transfer_result const& result) {
        all_moved(result);
        BOOST_TEST(result.waited.count() >= 0);
      },
      {.timeout = 30min, .stall_timeout = 10min, .min_rate = {1, 1min}});
}

BOOST_AUTO_TEST_SUITE_END()

// --- Waiting that fails.

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(an_interrupted_wait_is_waited_again, *of_waiting_ways) {
  BOOST_REQUIRE(!chosen_way_is<async_way>());  // it does not poll: the peer would wait for ever
  pair ends;
  std::array<std::byte, 1> into{};
  trivium::test::faults seam;
  seam.interrupted_polls = 5;
  std::thread peer{[&] {  // sends only when all interruptions are over
    while (seam.interrupted_polls > 0) std::this_thread::yield();
    ::send(ends.far.native_handle(), "x", 1, 0);
  }};
  auto const received = way::receive_all(ends.near, into, {.timeout = 1h});
  peer.join();
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == 1u);
  BOOST_TEST(received.waits >= 5u);
  BOOST_TEST(received.waits == seam.polls);
}

BOOST_AUTO_TEST_CASE(a_wait_that_fails_ends_it_with_that_error, *of_waiting_ways) {
  pair ends{small_buffers};
  auto const data = pattern(some);
  transfer_result sent;
  {
    trivium::test::faults seam;
    seam.ppoll_error = ENOMEM;
    sent = way::send_all(ends.near, data, {.timeout = 1h});
    BOOST_TEST(seam.polls == 1u);
  }
  BOOST_TEST(sent.error == kernels(ENOMEM));
  BOOST_TEST(sent.bytes < some);
  BOOST_TEST(sent.connection_usable());
  reading_peer peer{ends.far};
  auto const rest = std::span{data}.subspan(sent.bytes);
  BOOST_TEST(no_error(way::send_all(ends.near, rest)));
  ends.near.close();
  BOOST_TEST(same(peer.seen(), data));
}

// In a thread of its own: each thread keeps the eventfd that it has made.
BOOST_AUTO_TEST_CASE(a_thread_that_gets_no_eventfd_fails_before_it_waits, *of_waiting_ways) {
  pair ends;
  std::array<std::byte, 1> into{};
  std::stop_source stop;
  auto const token = stop.get_token();
  transfer_result received, without_token;
  std::uint64_t polls = 0, made = 0;
  std::thread{[&] {
    trivium::test::faults seam;
    seam.eventfd_error = EMFILE;
    received = way::receive_all(ends.near, into, {.timeout = 10s, .stop = token});
    polls = seam.polls;
    made = seam.eventfds;
    without_token = way::receive_all(ends.near, into, {.timeout = 1ms});
  }}.join();
  BOOST_TEST(received.error == kernels(EMFILE));
  BOOST_TEST(received.connection_usable());
  BOOST_TEST(polls == 0u);
  BOOST_TEST(made == 1u);
  if (!chosen_way_is<limited_blocking_way>())  // which always has a token
    BOOST_TEST(without_token.error == errc::timed_out);
}

BOOST_AUTO_TEST_CASE(a_thread_makes_one_eventfd_and_only_to_wait_under_a_token, *of_waiting_ways) {
  pair ends;
  std::array<std::byte, 1> byte{};
  std::stop_source stop;
  auto const token = stop.get_token();
  std::uint64_t not_waiting = 9, without_token = 9, first = 9, second = 9;
  std::thread{[&] {
    trivium::test::faults seam;
    BOOST_TEST(no_error(way::send_all(ends.near, byte, {.stop = token})));
    not_waiting = seam.eventfds;
    BOOST_TEST(way::receive_all(ends.near, byte, {.timeout = 1ms}).error == errc::timed_out);
    without_token = seam.eventfds;
    BOOST_TEST(way::receive_all(ends.near, byte, {.timeout = 1ms, .stop = token}).error == errc::timed_out);
    first = seam.eventfds;
    BOOST_TEST(way::receive_all(ends.near, byte, {.timeout = 1ms, .stop = token}).error == errc::timed_out);
    second = seam.eventfds;
  }}.join();
  BOOST_TEST(not_waiting == 0u);
  if (!chosen_way_is<limited_blocking_way>()) BOOST_TEST(without_token == 0u);
  BOOST_TEST(first == 1u);
  BOOST_TEST(second == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
