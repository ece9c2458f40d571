// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A look-up: what it shares, how many there are at once, what it answers when the process runs short, and
// what becomes of it in a child process. What a connect makes of it: connecting_test.

#include "lookup.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <addresses.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <child.hpp>
#include <condition_variable>
#include <deque>
#include <faults.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <printing.hpp>
#include <string>
#include <trivium/trivium.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr auto a_minute = std::chrono::minutes{1};

// A name server of the test's own, which answers a name when it is told to, with an address of its own for
// each question: 127.0.0.1, 127.0.0.2 ...
class name_server {
 public:
  name_server() {
    seam_.names = [shared = shared_](char const* host, char const*, addrinfo** found) {
      std::unique_lock lock{shared->mutex};
      auto const number = ++shared->asked[host];
      ++shared->under_way;
      shared->most = std::max(shared->most, shared->under_way);
      shared->changed.notify_all();
      shared->changed.wait_for(lock, a_minute,
                               [&] { return shared->answers || shared->answered.contains(host); });
      --shared->under_way;
      shared->changed.notify_all();
      return name_stands_for({endpoint::tcp("127.0.0." + std::to_string(number), 1).value()}, found);
    };
  }
  // Whatever was abandoned ends: other tests have the process's threads.
  ~name_server() {
    answer_all();
    wait([](state const& now) { return now.under_way == 0; });
  }

  faults& seam() { return seam_; }

  void answer(std::string const& host) {
    std::lock_guard const lock{shared_->mutex};
    shared_->answered[host] = true;
    shared_->changed.notify_all();
  }
  void answer_all() {
    std::lock_guard const lock{shared_->mutex};
    shared_->answers = true;
    shared_->changed.notify_all();
  }

  bool wait_until_under_way(int count) {
    return wait([count](state const& now) { return now.under_way == count; });
  }
  int asked(std::string const& host) {
    std::lock_guard const lock{shared_->mutex};
    return shared_->asked[host];
  }
  int most_at_once() {
    std::lock_guard const lock{shared_->mutex};
    return shared_->most;
  }

 private:
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, int> asked;
    std::map<std::string, bool> answered;
    bool answers = false;
    int under_way = 0, most = 0;
  };
  template <class Holds>
  bool wait(Holds holds) {
    std::unique_lock lock{shared_->mutex};
    return shared_->changed.wait_for(lock, a_minute, [&] { return holds(*shared_); });
  }

  std::shared_ptr<state> shared_ = std::make_shared<state>();
  faults seam_;
};

// Names that no other test has asked for.
std::string fresh_name() {
  static int made = 0;
  return "name" + std::to_string(++made) + ".test";
}

bool answered(lookup const& one) {
  pollfd watch{one.descriptor(), POLLIN, 0};
  return ::poll(&watch, 1, std::chrono::milliseconds{a_minute}.count()) == 1 && one.done();
}

std::string address(lookup const& of) {
  return of.found().has_value() ? of.found()->front().to_string() : of.found().error().message();
}

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto const seconds = [](timeval const& of) {
    return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

BOOST_AUTO_TEST_CASE(who_asks_for_a_name_that_is_being_looked_up_shares_the_answer) {
  name_server server;
  auto const name = fresh_name();
  lookup first{name, "1"}, second{name, "1"}, other_port{name, "2"};
  BOOST_TEST(server.wait_until_under_way(2));
  BOOST_TEST(first.descriptor() !=
             second.descriptor());  // each may be waited for, in the same event loop too
  server.answer(name);
  BOOST_TEST(answered(first));
  BOOST_TEST(answered(second));
  BOOST_TEST(answered(other_port));
  BOOST_TEST(address(first) == address(second));
  BOOST_TEST(address(first) != address(other_port));
  BOOST_TEST(server.asked(name) == 2);
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_given_is_not_kept_for_the_next) {
  name_server server;
  server.answer_all();
  auto const name = fresh_name();
  for (auto const* const expected : {"127.0.0.1:1", "127.0.0.2:1"}) {
    lookup const one{name, "1"};
    BOOST_TEST(answered(one));
    BOOST_TEST(address(one) == expected);
  }
}

BOOST_AUTO_TEST_CASE(one_that_gives_up_takes_the_answer_from_nobody) {
  name_server server;
  auto const name = fresh_name();
  std::optional<lookup> first;
  first.emplace(name, "1");
  lookup const second{name, "1"};
  BOOST_TEST(server.wait_until_under_way(1));
  first.reset();
  lookup const third{name, "1"};
  server.answer(name);
  BOOST_TEST(answered(second));
  BOOST_TEST(answered(third));
  BOOST_TEST(server.asked(name) == 1);
}

BOOST_AUTO_TEST_CASE(one_name_that_is_tried_again_and_again_takes_one_thread) {
  name_server server;
  auto const name = fresh_name();
  auto const before = open_descriptors();
  {
    lookup const abandoned{name, "1"};
    BOOST_TEST(server.wait_until_under_way(1));
  }
  for (int i = 0; i != 100; ++i)
    BOOST_TEST_REQUIRE(blocking::connect(name, "1", {.timeout = 1ms}).error() == errc::timed_out);
  BOOST_TEST(server.most_at_once() == 1);
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_look_ups_wait_for_their_turn_and_may_be_given_up) {
  name_server server;
  constexpr int most = lookup::threads_max;
  std::deque<lookup> all;
  std::vector<std::string> names;
  for (int i = 0; i != most + 3; ++i) all.emplace_back(names.emplace_back(fresh_name()), "1");
  BOOST_TEST(server.wait_until_under_way(most));

  // One that waits for its turn is shared too, and leaves nothing when it is given up.
  BOOST_TEST(blocking::connect(names[most], "1", {.timeout = 1ms}).error() == errc::timed_out);
  auto const given_up = fresh_name();
  BOOST_TEST(blocking::connect(given_up, "1", {.timeout = 1ms}).error() == errc::timed_out);

  server.answer(names[3]);
  BOOST_TEST(answered(all[3]));
  server.answer(names[most]);  // the first that waited has its thread
  BOOST_TEST(answered(all[most]));
  BOOST_TEST(!all[most + 2].done());
  server.answer_all();
  for (auto const& each : all) BOOST_TEST(answered(each));
  BOOST_TEST(server.most_at_once() == most);
  BOOST_TEST(server.asked(names[most]) == 1);
  BOOST_TEST(server.asked(given_up) == 0);
}

BOOST_AUTO_TEST_CASE(no_thread_to_be_had_is_out_of_resources_and_not_would_block) {
  name_server server;
  server.answer_all();
  server.seam().thread_error = EAGAIN;
  auto const before = open_descriptors();
  auto const name = fresh_name();
  auto const error = blocking::connect(name, "1").error();
  BOOST_TEST(error == errc::no_thread);
  BOOST_TEST(out_of_resources(error));
  BOOST_TEST(error != boost::system::errc::operation_would_block);
  BOOST_TEST(error != boost::system::errc::resource_unavailable_try_again);
  BOOST_TEST(error != boost::asio::error::would_block);
  BOOST_TEST(error != boost::asio::error::try_again);
  BOOST_TEST(open_descriptors() == before);
  server.seam().thread_error = 0;
  lookup const again{name, "1"};
  BOOST_TEST(answered(again));
}

BOOST_AUTO_TEST_CASE(an_error_of_the_system_that_is_eagain_is_not_would_block) {
  faults seam;
  seam.names = [](char const*, char const*, addrinfo**) { return errno = EAGAIN, EAI_SYSTEM; };
  lookup const one{fresh_name(), "1"};
  BOOST_TEST(answered(one));
  BOOST_TEST(one.found().error() == boost::asio::error::host_not_found_try_again);
}

BOOST_AUTO_TEST_CASE(without_descriptors_a_name_or_a_service_is_not_said_not_to_exist) {
  auto const listening = listen(loopback_address()).value();
  auto const port = std::to_string(listening.local_endpoint()->port());
  struct outcome {
    error_code by_name, by_service;
  };
  auto const ask = [&]() -> outcome {
    return {blocking::connect("localhost", port, {.timeout = 60s}).error(),
            blocking::connect("127.0.0.1", "discard", {.timeout = 60s}).error()};
  };
  auto const usual =
      ask();  // and what the C library loads, it has loaded; a minimal machine knows no services
  BOOST_REQUIRE_MESSAGE(!usual.by_name, "localhost (in /etc/hosts?): " << usual.by_name.message());

  for (error_code const each :
       {kernels(EMFILE), error_code{boost::asio::error::host_not_found},
        error_code{boost::asio::error::service_not_found}, error_code{errc::no_thread}})
    BOOST_TEST(out_of_resources(each) == (each == errc::no_thread || each == kernels(EMFILE)));

  rlimit before{}, few{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  few = {.rlim_cur = 64, .rlim_max = before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<trivium::socket> taken;
  while (true) {
    trivium::socket next{::dup(0)};
    if (!next.is_open()) break;
    taken.push_back(std::move(next));
  }
  // Looked at afterwards, and before: to look at an object's type for the first time, UBSan opens a pipe.
  std::vector<outcome> came(8);
  for (auto& each : came) {
    each = ask();
    taken.pop_back();
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  for (std::size_t left = 0; left != came.size(); ++left) BOOST_TEST_CONTEXT(left << " descriptors left") {
      auto const& [by_name, by_service] = came[left];
      BOOST_TEST((by_name == usual.by_name || out_of_resources(by_name)), by_name.message());
      BOOST_TEST((by_service == usual.by_service || out_of_resources(by_service)), by_service.message());
    }
  BOOST_TEST(out_of_resources(came.front().by_name));
  BOOST_TEST(out_of_resources(came.front().by_service));
  BOOST_TEST(came.back().by_name == usual.by_name);
  BOOST_TEST(came.back().by_service == usual.by_service);
}

BOOST_AUTO_TEST_CASE(a_child_that_goes_on_with_a_look_up_is_told_at_once_and_its_parent_gets_the_answer) {
  name_server server;
  auto const listening = listen(loopback_address()).value();
  auto const name = fresh_name();
  connecting operation{name, std::to_string(listening.local_endpoint()->port()), {.timeout = 60s}};
  BOOST_TEST_REQUIRE(operation.advance() == progress::pending);
  BOOST_TEST(server.wait_until_under_way(1));
  BOOST_TEST(holds_in_child([&] {
    double const began = cpu_seconds();
    blocking::complete(operation);
    return operation.result().error == boost::asio::error::host_not_found_try_again &&
           cpu_seconds() - began < 5;
  }));
  BOOST_TEST(operation.advance() == progress::pending);
  server.answer(name);
  blocking::complete(operation);
  BOOST_TEST(operation.result().error == kernels(ECONNREFUSED));  // what the server answers has port 1
}

// The loop knows the descriptor by its number.
BOOST_AUTO_TEST_CASE(an_event_loop_that_goes_on_in_a_child_tells_the_handler_of_a_look_up) {
  name_server server;
  boost::asio::io_context io;
  error_code told;
  async::connect(io.get_executor(), fresh_name(), "1", {.timeout = 60s},
                 [&](error_code error, trivium::socket) { told = error; });
  io.poll();
  BOOST_TEST(server.wait_until_under_way(1));
  io.notify_fork(boost::asio::io_context::fork_prepare);
  BOOST_TEST(holds_in_child([&] {
    io.notify_fork(boost::asio::io_context::fork_child);
    io.run();
    return told == boost::asio::error::host_not_found_try_again;
  }));
  io.notify_fork(boost::asio::io_context::fork_parent);
  BOOST_TEST(!told);
  server.answer_all();
  io.run();
  BOOST_TEST(told == kernels(ECONNREFUSED));
}

BOOST_AUTO_TEST_CASE(a_child_looks_up_names_itself_whatever_its_parent_was_looking_up) {
  name_server server;
  std::deque<lookup> all;
  for (unsigned i = 0; i != lookup::threads_max + 1; ++i) all.emplace_back(fresh_name(), "1");
  BOOST_TEST(server.wait_until_under_way(lookup::threads_max));
  BOOST_TEST(holds_in_child([&] {
    all.clear();
    // The server's mutex may have been a thread's of the parent's when it forked.
    server.seam().names = [](char const*, char const*, addrinfo** found) {
      return name_stands_for({endpoint::tcp("127.0.0.1", 1).value()}, found);
    };
    lookup const own{fresh_name(), "1"};
    return answered(own) && address(own) == "127.0.0.1:1";
  }));
}

BOOST_AUTO_TEST_CASE(its_thread_takes_no_signal_and_the_callers_mask_stays) {
  static std::atomic<int> blocked;
  blocked = -1;
  faults seam;
  seam.names = [](char const*, char const*, addrinfo** found) {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = ::sigismember(&mask, SIGINT) + ::sigismember(&mask, SIGUSR1);
    return name_stands_for({endpoint::tcp("127.0.0.1", 1).value()}, found);
  };
  for (int const error : {0, EAGAIN}) {
    seam.thread_error = error;
    sigset_t before, after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    lookup const one{fresh_name(), "1"};
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int signal = 1; signal != 32; ++signal)
      BOOST_TEST(::sigismember(&before, signal) == ::sigismember(&after, signal));
    if (error == 0) BOOST_TEST(answered(one));
  }
  BOOST_TEST(blocked == 2);
}
