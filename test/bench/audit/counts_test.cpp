// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The counting library against programs whose calls are known. Runs with it preloaded.
#define BOOST_TEST_MODULE bench.counts
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <memory>
#include <thread>

#include "../printing.hpp"
#include "audit/counts.hpp"

namespace bench = trivium::bench;

namespace {

/// What `known` calls, by name.
template <class Known>
bench::named_counts counted(Known known) {
  auto const* const counts = bench::counts_of_this_thread();
  BOOST_TEST_REQUIRE(counts != nullptr);
  auto const before = *counts;
  known();
  auto const after = *counts;
  bench::call_counts sum{};
  bench::add_difference(sum, before, after);
  return bench::by_name(sum);
}

struct pair {
  int ends[2] = {-1, -1};
  pair() { BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); }
  pair(pair const&) = delete;
  pair& operator=(pair const&) = delete;
  ~pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
};

using counts = bench::named_counts;

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_counted_of_nothing) {
  BOOST_TEST(counted([] {}) == counts{});
}

BOOST_FIXTURE_TEST_CASE(each_call_is_counted_by_its_name, pair) {
  char byte = 0;
  auto const seen = counted([&] {
    ssize_t moved = 0;
    for (int i = 0; i < 3; ++i) moved += ::send(ends[0], &byte, 1, 0);
    for (int i = 0; i < 2; ++i) moved -= ::recv(ends[1], &byte, 1, 0);
    moved -= ::read(ends[1], &byte, 1);
    moved += ::write(ends[1], &byte, 1);
    pollfd one{.fd = ends[0], .events = POLLIN, .revents = 0};
    if (::poll(&one, 1, 0) != 1 || moved != 1) std::abort();
  });
  // A fortified build reads by another name.
  counts const plain{{"poll", 1}, {"read", 1}, {"recv", 2}, {"send", 3}, {"write", 1}};
  counts const fortified{{"__poll_chk", 1}, {"__read_chk", 1}, {"__recv_chk", 2}, {"send", 3}, {"write", 1}};
  BOOST_TEST((seen == plain || seen == fortified || bench::system_calls(seen) == 8U));
  BOOST_TEST(bench::total(seen, bench::call_kind::sending) == 4U);
  BOOST_TEST(bench::total(seen, bench::call_kind::receiving) == 3U);
  BOOST_TEST(bench::total(seen, bench::call_kind::waiting) == 1U);
  BOOST_TEST(bench::system_calls(seen) == 8U);
}

BOOST_FIXTURE_TEST_CASE(variadic_calls_hand_their_argument_on, pair) {
  char byte = 0;
  BOOST_REQUIRE(::send(ends[0], &byte, 1, 0) == 1);
  int waiting = 0;
  int flags = 0;
  auto const seen = counted([&] {
    if (::ioctl(ends[1], FIONREAD, &waiting) != 0) std::abort();
    flags = ::fcntl(ends[1], F_GETFL);
    if (::fcntl(ends[1], F_SETFL, flags | O_NONBLOCK) != 0) std::abort();
  });
  BOOST_TEST(waiting == 1);
  BOOST_TEST((::fcntl(ends[1], F_GETFL) & O_NONBLOCK) != 0);
  BOOST_TEST(seen.at("ioctl") == 1U);
  BOOST_TEST(bench::total(seen, bench::call_kind::other) == 3U);
}

BOOST_AUTO_TEST_CASE(an_event_loop_is_counted) {
  auto const seen = counted([] {
    auto const epoll = ::epoll_create1(0);
    epoll_event one{};
    if (::epoll_wait(epoll, &one, 1, 0) != 0) std::abort();
    ::close(epoll);
  });
  BOOST_TEST(seen == (counts{{"close", 1}, {"epoll_create1", 1}, {"epoll_wait", 1}}));
}

BOOST_AUTO_TEST_CASE(allocations_are_counted_however_they_are_made) {
  void* volatile kept = nullptr;  // or the compiler leaves the pair out
  auto const seen = counted([&] {
    kept = std::malloc(10);
    std::free(kept);
    kept = std::calloc(2, 10);
    kept = std::realloc(kept, 100);
    std::free(kept);
    kept = std::aligned_alloc(64, 128);
    std::free(kept);
    kept = ::operator new(10);
    ::operator delete(kept);
    kept = ::operator new(64, std::align_val_t(64));
    ::operator delete(kept, std::align_val_t(64));
  });
  BOOST_TEST(bench::total(seen, bench::call_kind::allocating) == 6U);
  BOOST_TEST(bench::total(seen, bench::call_kind::freeing) == 5U);
  BOOST_TEST(bench::system_calls(seen) == 0U);
}

BOOST_FIXTURE_TEST_CASE(each_thread_counts_its_own, pair) {
  auto const seen = counted([&] {
    auto const send_some = [&](int end) {
      char byte = 0;
      for (int i = 0; i < 1000; ++i) {
        if (::send(end, &byte, 1, MSG_DONTWAIT) != 1 && errno != EAGAIN) std::abort();
      }
    };
    bench::named_counts others;
    std::thread other([&] { others = counted([&] { send_some(ends[0]); }); });
    send_some(ends[1]);
    other.join();
    BOOST_TEST(others.at("send") == 1000U);
  });
  BOOST_TEST(seen.at("send") == 1000U);
}

BOOST_AUTO_TEST_CASE(names_and_kinds_belong_together) {
  BOOST_TEST(bench::name_of(bench::call::sendmsg) == "sendmsg");
  BOOST_TEST(bench::kind_of(bench::call::sendmsg) == bench::call_kind::sending);
  BOOST_TEST(bench::kind_of(bench::call::epoll_wait) == bench::call_kind::waiting);
  BOOST_TEST(bench::kind_of(bench::call::free) == bench::call_kind::freeing);
}
