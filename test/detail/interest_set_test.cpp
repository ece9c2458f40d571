// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/interest_set.hpp>

#include <fcntl.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <child.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system.hpp>
#include <transports.hpp>
#include <utility>

using namespace trivium;
using namespace trivium::test;
using detail::interest_set;

namespace {

struct noted_wait : interest_set::wait {};

// How often the set has asked the kernel since this began.
struct asked {
  asked() {
    controls = waits = 0;
    table.epoll_ctl = [](int set, int what, int descriptor, epoll_event* event) {
      ++controls;
      return kernel.epoll_ctl(set, what, descriptor, event);
    };
    table.epoll_wait = [](int set, epoll_event* events, int most, int timeout) {
      ++waits;
      return kernel.epoll_wait(set, events, most, timeout);
    };
    in_force.emplace(table);
  }
  static inline int controls, waits;
  system_table table = kernel;
  std::optional<replaced_system> in_force;
};

struct one_member {
  explicit one_member(std::pair<trivium::socket, trivium::socket> ends = tcp_pair())
      : near{std::move(ends.first)}, far{std::move(ends.second)} {
    BOOST_REQUIRE(set.open() == 0);
    BOOST_REQUIRE(set.add(of, near.native_handle()) == 0);
  }
  ~one_member() { set.remove(of); }

  void far_sends(std::string_view what) {
    BOOST_REQUIRE(::send(far.native_handle(), what.data(), what.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(what.size()));
  }
  std::string near_receives() {
    char bytes[64];
    auto const n = ::recv(near.native_handle(), bytes, sizeof bytes, MSG_DONTWAIT);
    return {bytes, bytes + std::max<ssize_t>(n, 0)};
  }
  bool has_completed(noted_wait& one) {
    auto* const taken = set.completed.take();
    return taken == &one;
  }

  trivium::socket near, far;
  interest_set set;
  interest_set::member of;
  noted_wait wait;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_wait_is_over_when_bytes_come, one_member) {
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_TEST(set.waiting() == 1u);
  BOOST_TEST(set.collect() == 0u);
  far_sends("x");
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(wait));
  BOOST_TEST(wait.error() == 0);
  BOOST_TEST(set.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_wait_is_over_when_bytes_came_before_it, one_member) {
  far_sends("x");
  set.collect();
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(wait));
}

BOOST_FIXTURE_TEST_CASE(a_drained_member_is_waited_for_without_a_system_call, one_member) {
  far_sends("x");
  set.collect();
  BOOST_TEST(near_receives() == "x");
  set.drained(of);
  asked const count;
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_TEST(asked::controls == 0);
  BOOST_TEST(set.collect() == 0u);
  far_sends("y");
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(asked::controls == 0);
  BOOST_TEST(asked::waits == 2);
  BOOST_TEST(!of.is_drained());
}

// The bytes and the end arrive before the receive, in one edge.
BOOST_FIXTURE_TEST_CASE(the_end_that_came_with_the_last_bytes_is_not_missed, one_member) {
  far_sends("x");
  BOOST_REQUIRE(::shutdown(far.native_handle(), SHUT_WR) == 0);
  set.collect();
  BOOST_TEST(near_receives() == "x");
  set.drained(of);
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(wait));
}

// The end arrives between the edge and the receive.
BOOST_FIXTURE_TEST_CASE(the_end_that_came_behind_the_edge_is_not_missed, one_member) {
  far_sends("x");
  set.collect();
  BOOST_REQUIRE(::shutdown(far.native_handle(), SHUT_WR) == 0);
  BOOST_TEST(near_receives() == "x");
  set.drained(of);
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(wait));
}

// A message that carries a descriptor ends a receive, although another message is queued.
BOOST_AUTO_TEST_CASE(a_short_count_drains_no_unix_socket) {
  one_member with{local_pair()};
  char byte = 'x';
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  int const given = with.far.native_handle();
  std::copy_n(reinterpret_cast<char const*>(&given), sizeof given, CMSG_DATA(header));
  BOOST_REQUIRE(::sendmsg(with.far.native_handle(), &message, 0) == 1);
  with.far_sends("y");
  with.set.collect();
  BOOST_TEST(with.near_receives() == "x");
  with.set.drained(with.of);
  BOOST_REQUIRE(with.set.begin(with.wait, with.of, readiness::readable) == 0);
  BOOST_TEST(with.set.collect() == 1u);
  BOOST_TEST(with.near_receives() == "y");
}

BOOST_AUTO_TEST_CASE(a_wait_for_room_is_over_when_the_peer_takes_bytes) {
  one_member with{tcp_pair(4096)};
  std::string const block(4096, 'x');
  while (::send(with.near.native_handle(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }
  BOOST_REQUIRE(with.set.begin(with.wait, with.of, readiness::writable) == 0);
  with.set.collect();
  BOOST_TEST(!with.has_completed(with.wait));
  std::string into(1 << 20, '?');
  for (int tries = 0; tries < 10'000 && with.set.waiting() != 0; ++tries) {
    static_cast<void>(::recv(with.far.native_handle(), into.data(), into.size(), MSG_DONTWAIT));
    with.set.collect();
  }
  BOOST_TEST(with.has_completed(with.wait));
}

BOOST_FIXTURE_TEST_CASE(a_wait_for_room_is_over_at_once_where_there_is_room, one_member) {
  for (int times = 0; times < 3; ++times) {
    BOOST_REQUIRE(set.begin(wait, of, readiness::writable) == 0);
    BOOST_TEST(set.collect() == 1u);
    BOOST_TEST(has_completed(wait));
  }
}

BOOST_FIXTURE_TEST_CASE(the_two_directions_are_waited_for_independently, one_member) {
  noted_wait for_room;
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_REQUIRE(set.begin(for_room, of, readiness::writable) == 0);
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(for_room));
  BOOST_TEST(of.is_waited_for());
  far_sends("x");
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(wait));
}

BOOST_FIXTURE_TEST_CASE(a_reset_ends_the_waits_for_both, one_member) {
  noted_wait for_room;
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_REQUIRE(set.begin(for_room, of, readiness::writable) == 0);
  set.collect();
  BOOST_REQUIRE(has_completed(for_room));
  std::string const block(1 << 16, 'x');
  while (::send(near.native_handle(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }
  BOOST_REQUIRE(set.begin(for_room, of, readiness::writable) == 0);
  linger const reset{1, 0};
  BOOST_REQUIRE(::setsockopt(far.native_handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
  far.close();
  set.collect();
  BOOST_TEST(set.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_is_over_once_and_the_member_goes_on, one_member) {
  noted_wait another;
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_REQUIRE(set.begin(another, of, readiness::readable) == 0);
  set.cancel(wait, of);
  BOOST_TEST(has_completed(wait));
  BOOST_TEST(wait.error() == ECANCELED);
  set.cancel(wait, of);
  BOOST_TEST(set.completed.empty());
  far_sends("x");
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(another));
  BOOST_TEST(another.error() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_removed_member_ends_its_waits_and_has_no_more_events, one_member) {
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  set.remove(of);
  BOOST_TEST(has_completed(wait));
  BOOST_TEST(wait.error() == ECANCELED);
  BOOST_TEST(set.waiting() == 0u);
  BOOST_TEST(!of.is_added());
  far_sends("x");
  BOOST_TEST(set.collect() == 0u);
}

BOOST_AUTO_TEST_CASE(what_epoll_does_not_take_is_an_error) {
  interest_set set;
  BOOST_REQUIRE(set.open() == 0);
  trivium::socket const file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  interest_set::member of;
  BOOST_TEST(set.add(of, file.native_handle()) == EPERM);
  BOOST_TEST(!of.is_added());
}

BOOST_FIXTURE_TEST_CASE(a_wait_that_the_kernel_refuses_has_not_begun, one_member) {
  auto table = kernel;
  table.epoll_ctl = [](int, int, int, epoll_event*) {
    errno = ENOMEM;
    return -1;
  };
  replaced_system const refuses{table};
  BOOST_TEST(set.begin(wait, of, readiness::readable) == ENOMEM);
  BOOST_TEST(set.completed.empty());
  BOOST_TEST(set.waiting() == 0u);
}

// A receive stops at the mark of urgent data, although more is queued.
BOOST_FIXTURE_TEST_CASE(a_short_count_at_urgent_data_drains_nothing, one_member) {
  far_sends("abc");
  BOOST_REQUIRE(::send(far.native_handle(), "!", 1, MSG_OOB) == 1);
  far_sends("def");
  set.collect();
  BOOST_TEST(near_receives() == "abc");
  set.drained(of);
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(near_receives() == "def");
}

// A child has the parent's epoll set until it adopts its own.
BOOST_FIXTURE_TEST_CASE(a_child_takes_nothing_from_its_parents_set, one_member) {
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  bool const held = holds_in_child([&] {
    far_sends("x");
    int wrong = set.collect() != 0 ? 1 : 0;
    set.remove(of);
    interest_set::member another;
    if (set.add(another, near.native_handle()) != EBADF) wrong |= 2;
    return wrong == 0;
  });
  BOOST_TEST(held);
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(wait));
}

BOOST_FIXTURE_TEST_CASE(a_child_that_adopts_the_set_goes_on_with_its_waits, one_member) {
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  bool const held = holds_in_child([&] {
    int wrong = set.adopt() != 0 ? 1 : 0;
    far_sends("x");
    if (set.collect() != 1) wrong |= 2;
    if (set.completed.take() != &wait) wrong |= 4;
    set.remove(of);
    return wrong == 0;
  });
  BOOST_TEST(held);
  BOOST_TEST(set.collect() == 1u);
  BOOST_TEST(has_completed(wait));
}

BOOST_FIXTURE_TEST_CASE(a_set_that_cannot_be_adopted_ends_its_waits_with_the_error, one_member) {
  BOOST_REQUIRE(set.begin(wait, of, readiness::readable) == 0);
  bool const held = holds_in_child([&] {
    auto table = kernel;
    table.epoll_create1 = [](int) {
      errno = EMFILE;
      return -1;
    };
    replaced_system const none{table};
    bool const right = set.adopt() == EMFILE && set.completed.take() == &wait && wait.error() == EMFILE;
    return right;
  });
  BOOST_TEST(held);
}
