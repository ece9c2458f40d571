// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Happy Eyeballs, call by call. The idea: a kernel of the test's own, whose addresses answer as they are
// told and whose clock goes only while the race waits. What the race asks of it is written down, and
// compared with what it should ask. What real kernels make of it: connecting_test, own_network_test.

#include <operations/race.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <child.hpp>
#include <limits>
#include <map>
#include <optional>
#include <printing.hpp>
#include <string>
#include <system.hpp>

using namespace trivium;
using trivium::test::holds_in_child;
using trivium::test::no_error;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr nanoseconds never = nanoseconds::max();

// How an address answers: so long after it was asked first, with this errno or none.
struct answer {
  nanoseconds after;
  int code = 0;
};
constexpr answer hangs{never};
constexpr answer refuses{0ns, ECONNREFUSED};

constexpr int first_descriptor = 100'000;  // none of the kernel's
constexpr int set = 200'000;

class scripted_network {
 public:
  // Addresses a, b, c ... of either family in the order in which the system gives them.
  endpoint v6(char name, answer how) { return add(name, "2001:db8::"s + name, how); }
  endpoint v4(char name, answer how) { return add(name, "192.0.2."s + std::to_string(name - 'a' + 1), how); }

  scripted_network() {
    current = this;
    table_.now = [] { return current->now; };
    table_.socket = [](int, int, int) {
      if (current->no_sockets) return errno = EMFILE, -1;
      return first_descriptor + current->sockets++;
    };
    table_.connect = [](int fd, sockaddr const* address, socklen_t size) {
      return current->connect(fd, endpoint{address, size});
    };
    table_.epoll_create1 = [](int) {
      if (current->no_set != 0) return errno = current->no_set, -1;
      current->log += "set ";
      return set;
    };
    table_.epoll_ctl = [](int, int what, int fd, epoll_event*) {
      current->log += (what == EPOLL_CTL_ADD ? "+"s : "-"s) + current->names[fd] + ' ';
      return 0;
    };
    table_.close = [](int fd) {
      current->log += fd == set                     ? "~set "
                      : current->names.contains(fd) ? "~"s + current->names[fd] + ' '
                                                    : ""s;
      return 0;
    };
    table_.get_flags = [](int) { return 0; };
    table_.set_flags = [](int, int) { return 0; };
    in_force_.emplace(table_);
  }

  // Makes the steps, and lets the clock go to what comes first: the race's own time, or news.
  attempt run(race& contest) {
    for (;;) {
      auto const came = contest.step();
      if (came.what == attempt::outcome::again) continue;
      if (came.what != attempt::outcome::would_block) return came;
      auto until = came.look_again == 0ns ? never : came.look_again;
      bool const on_set = came.waits_for.descriptor == set;
      BOOST_TEST_REQUIRE(came.waits_for.until == (on_set ? readiness::readable : readiness::writable));
      for (auto const& [fd, at] : news)
        if ((on_set || came.waits_for.descriptor == fd) && at != time_point::max())
          until = std::min(until, at - now);
      BOOST_REQUIRE(until != never);
      now += until;
      log += std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(until).count()) + "ms ";
    }
  }

  // As the child of a process that made the race's set: with times alone.
  attempt run_in_child(race& contest) {
    for (;;) {
      auto const came = contest.step();
      if (came.what == attempt::outcome::again) continue;
      if (came.what != attempt::outcome::would_block) return came;
      if (came.waits_for.until != readiness::none || came.look_again <= 0ns) return {};
      now += came.look_again;
    }
  }

  // Before addresses are given other answers.
  void forget() {
    hosts.clear();
    names.clear();
  }

  time_point now{1000h};
  std::string log;  // a: connect; a?: asked again; +a -a: in and out of the set; ~a: closed; 250ms: waited
  bool no_sockets = false;
  int no_set = 0;

 private:
  struct host {
    endpoint at;
    char name;
    answer how;
  };
  endpoint add(char name, std::string const& address, answer how) {
    hosts.push_back({endpoint::tcp(address, 80).value(), name, how});
    return hosts.back().at;
  }
  int connect(int fd, endpoint const& to) {
    auto const at = std::find_if(hosts.begin(), hosts.end(), [&](host const& each) { return each.at == to; });
    bool const asked = names.contains(fd);
    names[fd] = at->name;
    log += at->name + (asked ? "? "s : " "s);
    if (!asked) news[fd] = later(now, at->how.after);
    if (now < news[fd]) return errno = asked ? EALREADY : EINPROGRESS, -1;
    news.erase(fd);
    if (at->how.code != 0) return errno = at->how.code, -1;
    return 0;
  }

  inline static scripted_network* current = nullptr;
  std::vector<host> hosts;
  std::map<int, std::string> names;
  std::map<int, time_point> news;
  int sockets = 0;
  system_table table_ = kernel;
  std::optional<replaced_system> in_force_;
};

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

struct scripted_race {
  scripted_network net;
  std::vector<connect_attempt> told;

  // Why there is no winner, or no error.
  error_code runs(std::vector<endpoint> addresses, connect_options how = {}) {
    how.attempts = &told;
    told.clear();
    net.log.clear();
    race contest{std::move(addresses), how};
    auto const came = net.run(contest);
    if (came.what == attempt::outcome::done) BOOST_TEST(contest.take().release() >= first_descriptor);
    return came.error;
  }
};

std::string letters(std::vector<endpoint> const& addresses, std::vector<endpoint> const& of) {
  std::string result;
  for (auto const& each : addresses)
    result += static_cast<char>('a' + (std::find(of.begin(), of.end(), each) - of.begin()));
  return result;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_families_take_turns_and_keep_their_order, scripted_race) {
  std::vector<endpoint> const all{net.v6('a', hangs), net.v6('b', hangs), net.v6('c', hangs),
                                  net.v4('d', hangs), net.v4('e', hangs)};
  BOOST_TEST(letters(interleaved(all), all) == "adbec");
  BOOST_TEST(letters(interleaved({all[3], all[4], all[0]}), all) == "dae");
  BOOST_TEST(letters(interleaved({all[3], all[0], all[4], all[1]}), all) == "daeb");
  BOOST_TEST(letters(interleaved({all[1], all[0]}), all) == "ba");
  BOOST_TEST(interleaved({}).empty());
}

BOOST_FIXTURE_TEST_CASE(one_address_is_two_connects_and_no_set, scripted_race) {
  BOOST_TEST(no_error(runs({net.v4('a', {30ms})})));
  BOOST_TEST(net.log == "a 30ms a? ");
  BOOST_TEST(runs({net.v4('b', {30ms, ECONNREFUSED})}) == kernels(ECONNREFUSED));
  BOOST_TEST(net.log == "b 30ms b? ~b ");
}

BOOST_FIXTURE_TEST_CASE(the_first_wins_where_it_answers_within_the_delay, scripted_race) {
  BOOST_TEST(no_error(runs({net.v6('a', {249ms}), net.v4('b', {0ns})})));
  BOOST_TEST(net.log == "a set +a 249ms a? ~set ");
}

// A winner takes the socket of no other: the loser is closed with the step that finds the winner.
BOOST_FIXTURE_TEST_CASE(after_the_delay_the_next_is_tried_beside_one_that_hangs, scripted_race) {
  BOOST_TEST(no_error(runs({net.v6('a', hangs), net.v4('b', {20ms})})));
  BOOST_TEST(net.log == "a set +a 250ms a? b +b 20ms a? b? ~a ~set ");
  BOOST_REQUIRE(told.size() == 2u);
  BOOST_TEST(told[0].error == errc::would_block);
  BOOST_TEST(no_error(told[1].error));
  BOOST_TEST(told[1].to.to_string() == "192.0.2.2:80");
}

BOOST_FIXTURE_TEST_CASE(the_one_that_was_slow_may_still_win, scripted_race) {
  BOOST_TEST(no_error(runs({net.v6('a', {300ms}), net.v4('b', {100ms})})));
  BOOST_TEST(net.log == "a set +a 250ms a? b +b 50ms a? ~b ~set ");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_refused_is_followed_at_once, scripted_race) {
  BOOST_TEST(no_error(runs({net.v6('a', refuses), net.v4('b', {20ms})})));
  BOOST_TEST(net.log == "a ~a b 20ms b? ");
  BOOST_TEST(told.at(0).error == kernels(ECONNREFUSED));
}

BOOST_FIXTURE_TEST_CASE(one_that_is_refused_late_is_followed_at_once_and_leaves_the_set, scripted_race) {
  BOOST_TEST(no_error(runs({net.v6('a', {40ms, ECONNREFUSED}), net.v4('b', {20ms})})));
  BOOST_TEST(net.log == "a set +a 40ms a? -a ~a b +b 20ms b? ~set ");
}

// The next one's delay runs from its own start, whatever started it.
BOOST_FIXTURE_TEST_CASE(the_delay_begins_with_each_attempt, scripted_race) {
  BOOST_TEST(
      !runs({net.v6('a', {40ms, ECONNREFUSED}), net.v4('b', hangs), net.v6('c', hangs), net.v4('d', {0ns})}));
  BOOST_TEST(net.log == "a set +a 40ms a? -a ~a b +b 250ms b? c +c 250ms b? c? d ~b ~c ~set ");
}

BOOST_FIXTURE_TEST_CASE(when_all_are_under_way_it_waits_without_a_time, scripted_race) {
  BOOST_TEST(
      (runs({net.v6('a', {900ms, ETIMEDOUT}), net.v4('b', {2000ms, ETIMEDOUT})}) == kernels(ETIMEDOUT)));
  BOOST_TEST(net.log == "a set +a 250ms a? b +b 650ms a? -a ~a b? 1350ms b? ~set ~b ");
}

BOOST_FIXTURE_TEST_CASE(the_delay_is_the_callers_but_no_less_than_100_ms, scripted_race) {
  auto const log_with = [&](time_span delay) {
    BOOST_TEST(no_error(runs({net.v6('a', hangs), net.v4('b', {0ns})}, {.attempt_delay = delay})));
    return net.log;
  };
  BOOST_TEST(log_with(1s) == "a set +a 1000ms a? b ~a ~set ");
  constexpr std::chrono::duration<double> not_a_number{std::numeric_limits<double>::quiet_NaN()};
  for (time_span const least : {time_span{100ms}, time_span{99ms}, time_span{0ms}, time_span{-5ms},
                                time_span{nanoseconds::min()}, time_span{not_a_number}})
    BOOST_TEST(log_with(least) == "a set +a 100ms a? b ~a ~set ");
}

BOOST_FIXTURE_TEST_CASE(no_delay_at_all_tries_one_after_the_other, scripted_race) {
  for (time_span const none :
       {time_span{}, time_span{std::chrono::hours::max()}, time_span{nanoseconds::max() - 1ns}}) {
    BOOST_TEST(
        no_error(runs({net.v6('a', {5000ms, ETIMEDOUT}), net.v4('b', {0ns})}, {.attempt_delay = none})));
    BOOST_TEST(net.log == "a set +a 5000ms a? -a ~a b ~set ");
    net.forget();
  }
}

BOOST_FIXTURE_TEST_CASE(without_a_descriptor_for_the_set_they_are_tried_one_after_the_other, scripted_race) {
  net.no_set = EMFILE;
  BOOST_TEST(no_error(runs({net.v6('a', {5000ms, ETIMEDOUT}), net.v4('b', {20ms})})));
  BOOST_TEST(net.log == "a 5000ms a? ~a b 20ms b? ");
}

BOOST_FIXTURE_TEST_CASE(if_all_fail_the_error_is_the_one_that_tells_most, scripted_race) {
  auto const of = [&](std::vector<int> const& codes) {
    std::vector<endpoint> addresses;
    for (char name = 'a'; int const code : codes) addresses.push_back(net.v4(name++, {0ns, code}));
    auto const error = runs(addresses).value();
    BOOST_TEST(told.size() == codes.size());
    for (std::size_t i = 0; i != told.size(); ++i) BOOST_TEST(told[i].error == kernels(codes[i]));
    net.forget();
    return error;
  };
  BOOST_TEST(of({ENETUNREACH, ECONNREFUSED}) == ECONNREFUSED);
  BOOST_TEST(of({ECONNREFUSED, ENETUNREACH}) == ECONNREFUSED);
  BOOST_TEST(of({ECONNREFUSED, ETIMEDOUT}) == ECONNREFUSED);
  BOOST_TEST(of({EHOSTUNREACH, ETIMEDOUT, ENETUNREACH}) == ETIMEDOUT);
  BOOST_TEST(of({ETIMEDOUT, EACCES, ENETUNREACH}) == EACCES);
  BOOST_TEST(of({EACCES, ECONNRESET, ECONNREFUSED}) == ECONNRESET);
  BOOST_TEST(of({ENETUNREACH, EHOSTUNREACH}) == ENETUNREACH);
}

BOOST_FIXTURE_TEST_CASE(no_socket_to_be_had_is_an_attempt_that_failed, scripted_race) {
  std::vector<endpoint> const addresses{net.v6('a', hangs), net.v4('b', hangs)};
  net.no_sockets = true;
  BOOST_TEST(runs(addresses) == kernels(EMFILE));
  BOOST_TEST(told.size() == 2u);
}

// As EAGAIN it would pass for would_block, although the connect may wait.
BOOST_FIXTURE_TEST_CASE(eagain_of_a_tcp_connect_is_out_of_resources, scripted_race) {
  auto const error = runs({net.v4('a', {0ns, EAGAIN})});
  BOOST_TEST(out_of_resources(error));
  BOOST_TEST(error != boost::system::errc::operation_would_block);
  BOOST_TEST(told.at(0).error == error);
}

// EINTR says nothing of the connect, which goes on.
BOOST_FIXTURE_TEST_CASE(an_interrupted_connect_is_asked_again, scripted_race) {
  static int interruptions;
  interruptions = 2;
  static auto(*const real)(int, sockaddr const*, socklen_t)->int = trivium::system().connect;
  auto table = trivium::system();
  table.connect = [](int fd, sockaddr const* address, socklen_t size) {
    int const answered = real(fd, address, size);
    if (interruptions > 0 && answered != 0) return --interruptions, errno = EINTR, -1;
    return answered;
  };
  replaced_system const in_force{table};
  BOOST_TEST(no_error(runs({net.v6('a', {20ms}), net.v4('b', hangs)})));
  BOOST_TEST(net.log == "a a? a? set +a 20ms a? ~set ");
}

// What it added or removed there would be added, or removed, for its parent.
BOOST_FIXTURE_TEST_CASE(a_child_process_leaves_the_set_of_its_parent_alone, scripted_race) {
  race contest{{net.v6('a', {40ms, ECONNREFUSED}), net.v4('b', hangs), net.v6('c', {20ms})}, {}};
  BOOST_TEST(contest.step().what == attempt::outcome::would_block);
  BOOST_TEST(net.log == "a set +a ");
  BOOST_TEST(holds_in_child([&] {
    net.log.clear();
    bool const connected = net.run_in_child(contest).what == attempt::outcome::done;
    bool const touched = net.log.find_first_of("+-") != std::string::npos;
    return connected && !touched && net.log.starts_with("a? a? a? a? a? ~a b ");
  }));
  BOOST_TEST(net.run(contest).what == attempt::outcome::done);
  BOOST_TEST(net.log == "a set +a a? 40ms a? -a ~a b +b 250ms b? c +c 20ms b? c? ~b ");
}
