// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What is sent from and received into, other than memory: files and functions of the program's own.

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chosen.hpp>
#include <files.hpp>
#include <folder.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <transports.hpp>
#include <trivium/payloads/borrowed.hpp>
#include <trivium/payloads/consumer.hpp>
#include <trivium/payloads/generator.hpp>
#include <trivium/payloads/paced.hpp>
#include <trivium/payloads/relay.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

constexpr int small_buffers = 16 * 1024;
constexpr std::size_t many_waits = std::size_t{3} << 20;  // through buffers of that size

struct with_files {
  folder in;
  std::string const from = in.path("from"), into = in.path("into");
};

}  // namespace

BOOST_AUTO_TEST_SUITE(payload)

BOOST_FIXTURE_TEST_CASE(a_file_arrives_whole_whatever_its_size, with_files) {
  for (std::size_t const size : {std::size_t{0}, std::size_t{1}, std::size_t{65535}, std::size_t{65536},
                                 std::size_t{65537}, many_waits}) {
    auto const data = pattern(size);
    write_file(from, data);
    pair ends{small_buffers};
    reading_peer peer{ends.far};
    auto const sent = way::send_file(ends.near, from);
    ends.near.close();
    BOOST_TEST(no_error(sent));
    BOOST_TEST(sent.bytes == size);
    BOOST_TEST(same(peer.seen(), data));
  }
}

BOOST_FIXTURE_TEST_CASE(all_that_comes_is_written_to_a_file_and_none_past_its_length, with_files) {
  for (std::size_t const size : {std::size_t{0}, std::size_t{1}, std::size_t{65535}, std::size_t{65536},
                                 std::size_t{65537}, many_waits}) {
    pair ends{small_buffers};
    auto const data = pattern(size + 1);
    writing_peer peer{ends.far, data};
    auto const received = way::receive_file(ends.near, {into, {.length = size}});
    BOOST_TEST(no_error(received));
    BOOST_TEST(received.bytes == size);
    std::vector<std::byte> rest(1);
    BOOST_TEST(way::receive_all(ends.near, rest).bytes == 1u);
    BOOST_TEST(rest.front() == data.back());
    BOOST_TEST(same(read_file(into), pattern(size)));
  }
}

BOOST_FIXTURE_TEST_CASE(a_file_goes_on_at_the_count_at_which_a_limit_ended_it, with_files) {
  write_file(from, pattern(many_waits));
  pair ends{small_buffers};
  auto const sent = way::send_file(ends.near, from, {.timeout = 20ms});
  BOOST_TEST(sent.error == errc::timed_out);
  BOOST_TEST(sent.connection_usable());
  BOOST_TEST(sent.bytes < many_waits);
  reading_peer peer{ends.far};
  BOOST_TEST(no_error(way::send_file(ends.near, {from, {.offset = sent.bytes}})));
  ends.near.close();
  BOOST_TEST(same(peer.seen(), pattern(many_waits)));
}

BOOST_FIXTURE_TEST_CASE(a_receive_into_a_file_goes_on_at_the_count_at_which_a_limit_ended_it, with_files) {
  pair ends{small_buffers};
  auto const data = pattern(100'000);
  std::size_t first = 0;
  {
    writing_peer peer{ends.far, pattern(10'000)};  // which the buffers hold
    auto const received = way::receive_file(ends.near, {into, {.length = data.size()}}, {.timeout = 20ms});
    BOOST_TEST(received.error == errc::timed_out);
    first = received.bytes;
  }
  writing_peer peer{ends.far, pattern(90'000, 10'000)};
  BOOST_TEST(
      no_error(way::receive_file(ends.near, {into, {.offset = first, .length = data.size() - first}})));
  BOOST_TEST(same(read_file(into), data));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_shortened_meanwhile_ends_it_and_the_connection_stays, with_files) {
  write_file(from, pattern(many_waits));
  pair ends{small_buffers};
  file_source shrinks{from};
  auto const first = way::send(ends.near, borrow(shrinks), {.timeout = 20ms});
  BOOST_TEST(first.error == errc::timed_out);
  BOOST_REQUIRE(::truncate(from.c_str(), static_cast<off_t>(many_waits / 2)) == 0);
  reading_peer peer{ends.far};
  auto const rest = way::send(ends.near, borrow(shrinks));
  BOOST_TEST(rest.error == errc::source_ended);
  BOOST_TEST(rest.connection_usable());
  auto const all = first.bytes + rest.bytes;
  BOOST_TEST(all <= many_waits / 2 + 256 * 1024);  // what was read before may go further
  std::string const behind = "behind it";
  BOOST_TEST(no_error(way::send_all(ends.near, behind)));
  ends.near.close();
  auto expected = pattern(all);
  for (char const each : behind) expected.push_back(static_cast<std::byte>(each));
  BOOST_TEST(same(peer.seen(), expected));
}

BOOST_AUTO_TEST_CASE(what_a_function_fills_arrives_whole) {
  pair ends{small_buffers};
  reading_peer peer{ends.far};
  std::size_t made = 0;
  auto const sent = way::send(ends.near, generator{[&](std::span<std::byte> room) {
                                auto const next = pattern(std::min(room.size(), many_waits - made), made);
                                std::copy(next.begin(), next.end(), room.begin());
                                made += next.size();
                                return next.size();
                              }});
  ends.near.close();
  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes == many_waits);
  BOOST_TEST(same(peer.seen(), pattern(many_waits)));
}

BOOST_AUTO_TEST_CASE(a_function_that_throws_ends_it_behind_what_it_supplied_and_the_connection_stays) {
  pair ends{small_buffers};
  reading_peer peer{ends.far};
  std::vector<std::byte> piece;
  std::size_t made = 0;
  auto const sent = way::send(ends.near, generator{[&]() -> std::span<std::byte const> {
                                if (made == 100'000) throw std::runtime_error{"the tape has torn"};
                                piece = pattern(20'000, made);
                                made += piece.size();
                                return piece;
                              }});
  BOOST_TEST(sent.error == errc::function_threw);
  BOOST_TEST(sent.bytes == 100'000u);
  BOOST_TEST(sent.connection_usable());
  auto const rest = pattern(1000, 100'000);
  BOOST_TEST(no_error(way::send_all(ends.near, rest)));
  ends.near.close();
  BOOST_TEST(same(peer.seen(), pattern(101'000)));
}

BOOST_AUTO_TEST_CASE(a_function_is_given_all_that_comes_until_the_peer_finishes) {
  pair ends{small_buffers};
  auto const data = pattern(many_waits);
  writing_peer peer{ends.far, data, writing_peer::then::finish};
  std::vector<std::byte> seen;
  auto const received = way::receive(ends.near, consumer{[&](std::span<std::byte const> bytes) {
                                       seen.insert(seen.end(), bytes.begin(), bytes.end());
                                     }});
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == data.size());
  BOOST_TEST(same(seen, data));
}

// In which case a busy machine does not matter: it is never faster.
BOOST_AUTO_TEST_CASE(at_a_rate_it_takes_its_time) {
  pair ends;
  reading_peer peer{ends.far};
  auto const begun = now();
  auto const sent = way::send(ends.near, paced{made_as_sent{100'000}, 1'000'000}, {.timeout = 60s});
  BOOST_TEST((now() - begun) >= 98ms);
  ends.near.close();
  BOOST_TEST(no_error(sent));
  BOOST_TEST(same(peer.seen(), pattern(100'000)));
}

// The far end lets the next piece into the pipe when it has got the last, so every one is waited for.
BOOST_AUTO_TEST_CASE(a_source_without_data_is_waited_for_where_its_data_comes_from) {
  constexpr std::size_t pieces = 20, size = 700;
  pair ends{small_buffers};
  pipe_ends pipe;
  std::vector<std::byte> seen(pieces * size);
  std::thread far{[&, fd = ends.far.native_handle()] {
    auto const data = pattern(pieces * size);
    for (std::size_t at = 0; at != data.size(); at += size) {
      if (::write(pipe.writing(), &data[at], size) != static_cast<ssize_t>(size)) return;
      if (::recv(fd, &seen[at], size, MSG_WAITALL) != static_cast<ssize_t>(size)) return;
    }
    pipe.close_writing();
  }};
  auto const sent = way::send(ends.near, given_by_pipe{pipe.reading()}, {.timeout = 60s});
  if (sent.error) ends.near.close();  // lets the far end go
  far.join();
  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes == pieces * size);
  BOOST_TEST(same(seen, pattern(pieces * size)));
}

BOOST_AUTO_TEST_CASE(a_sink_without_room_is_waited_for_where_its_room_is_made) {
  constexpr std::size_t bytes = 1'000'000;  // a pipe holds 64 KiB
  pair ends;
  pipe_ends pipe;
  writing_peer peer{ends.far, pattern(bytes)};
  std::vector<std::byte> seen;
  std::atomic<bool> over{false};
  std::thread reader{[&] {
    std::array<std::byte, 10'000> part;
    while (seen.size() != bytes) {
      auto const n = ::read(pipe.reading(), part.data(), part.size());
      if (n > 0)
        seen.insert(seen.end(), part.begin(), part.begin() + n);
      else if (over)
        return;
      else
        std::this_thread::yield();
    }
  }};
  auto const received = way::receive(ends.near, taken_by_pipe{pipe.writing(), bytes}, {.timeout = 60s});
  over = received.error.failed();
  reader.join();
  BOOST_TEST(no_error(received));
  BOOST_TEST(received.bytes == bytes);
  BOOST_TEST(same(seen, pattern(bytes)));
}

BOOST_AUTO_TEST_CASE(what_another_connection_receives_is_relayed_to_its_end) {
  auto [from, source] = local_pair();
  auto const data = pattern(many_waits);
  writing_peer upstream{source, data, writing_peer::then::finish};
  pair ends{small_buffers};
  reading_peer downstream{ends.far};
  auto const sent = way::send(ends.near, relay_source{from}, {.timeout = 60s});
  ends.near.close();
  from.close();  // lets its peer go
  BOOST_TEST(no_error(sent));
  BOOST_TEST(sent.bytes == data.size());
  BOOST_TEST(same(downstream.seen(), data));
}

// What one end has received and the other has not taken yet stays with the relay, and goes on with it.
BOOST_AUTO_TEST_CASE(a_relay_that_a_limit_ends_loses_nothing) {
  auto [from, source] = local_pair();
  auto const data = pattern(many_waits);
  writing_peer upstream{source, data, writing_peer::then::finish};
  pair ends{small_buffers};
  relay_source relayed{from};
  auto const first = way::send(ends.near, borrow(relayed), {.timeout = 20ms});
  BOOST_TEST(first.error == errc::timed_out);
  BOOST_TEST(first.bytes < many_waits);
  reading_peer downstream{ends.far};
  auto const rest = way::send(ends.near, borrow(relayed), {.timeout = 60s});
  ends.near.close();
  from.close();
  BOOST_TEST(no_error(rest));
  BOOST_TEST(first.bytes + rest.bytes == data.size());
  BOOST_TEST(relayed.held() == 0u);
  BOOST_TEST(same(downstream.seen(), data));
}

BOOST_AUTO_TEST_CASE(every_limit_ends_a_wait_for_a_source) {
  pair ends;
  pipe_ends const pipe;
  std::stop_source stop;
  auto const token = stop.get_token();
  auto const ended_by = [&](limits const& within) {
    auto const sent = way::send(ends.near, given_by_pipe{pipe.reading()}, within);
    BOOST_TEST(sent.bytes == 0u);
    BOOST_TEST(sent.connection_usable());
    return sent.error;
  };
  BOOST_TEST(ended_by({.timeout = 10ms}) == errc::timed_out);
  BOOST_TEST(ended_by({.timeout = 0ms}) == errc::would_block);
  BOOST_TEST(ended_by({.stall_timeout = 10ms}) == errc::stalled);
  BOOST_TEST(ended_by({.min_rate = {1000, 10ms}}) == errc::too_slow);
  std::thread stopper{[&] { stop.request_stop(); }};
  BOOST_TEST(ended_by({.stop = token}) == errc::stopped);
  stopper.join();
}

BOOST_AUTO_TEST_CASE(what_is_discarded_is_taken_and_none_past_it) {
  pair ends{small_buffers};
  auto const data = pattern(100'001);
  writing_peer peer{ends.far, data};
  BOOST_TEST(way::receive(ends.near, discard{100'000}).bytes == 100'000u);
  std::vector<std::byte> rest(1);
  BOOST_TEST(no_error(way::receive_all(ends.near, rest)));
  BOOST_TEST(rest.front() == data.back());
}

BOOST_AUTO_TEST_SUITE_END()
