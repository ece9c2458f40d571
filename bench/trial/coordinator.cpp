// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "coordinator.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include "infrastructure_error.hpp"
#include "launcher.hpp"

namespace trivium::bench {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr auto to_answer = 5s;  // exec, allocate, connect: some 10 ms; a machine under load is forgiven a lot
constexpr auto to_end = 2s;     // after hanging up
// Both ends sleep until the start. They need to have heard of it by then, which takes some 0.1 ms.
constexpr auto notice = 5ms;

// Once, because a signal that comes between the look at it and the poll is otherwise lost.
int interruption[2] = {-1, -1};

void on_signal(int) {
  auto const written = ::write(interruption[1], "", 1);
  (void)written;
}

std::string names(child const& which, trial_order const& what) {
  return "the " + which.called() + " end of " + what.scenario + " (" +
         (which.called() == "near" ? what.near_arm : what.far_arm) + ")";
}

class trial {
 public:
  trial(trial_order const& what, machinery const& with)
      : what_(what),
        near_("near", options(with, what.where.near)),
        far_("far", options(with, what.where.far)) {}

  std::pair<side_record, side_record> hold() {
    near_.control().send(json::value_from(told(end::near)).as_object());
    far_.control().send(json::value_from(told(end::far)).as_object());
    auto const port = await(far_, "ready", to_answer).at("port");
    await(near_, "ready", to_answer);
    near_.control().send({{"port", port}});
    await(near_, "connected", to_answer);
    await(far_, "connected", to_answer);

    auto const when = json::value_from(times()).as_object();
    near_.control().send(when);
    far_.control().send(when);
    auto const near = result_of(near_);
    auto const far = result_of(far_);
    reap(near_);
    reap(far_);
    check(near.total_sent, far.total_received);
    check(far.total_sent, near.total_received);
    return {near, far};
  }

 private:
  launch_options options(machinery const& with, std::vector<int> const& processors) const {
    launch_options chosen{.program = with.program, .processors = processors, .preload = std::nullopt};
    if (what_.instrument == instrument::calls) {
      if (!with.counting_library) throw infrastructure_error("the counting library was not built");
      chosen.preload = with.counting_library;
    }
    return chosen;
  }

  order told(end which) const {
    return {.end = which,
            .scenario = what_.scenario,
            .arm = which == end::near ? what_.near_arm : what_.far_arm,
            .operation = what_.operation,
            .send_buffer = what_.send_buffer,
            .congestion = what_.congestion,
            .address = what_.address,
            .instrument = what_.instrument,
            .coordinator = ::getpid()};
  }

  go times() const {
    auto const start = clock::now() + notice;
    auto const count = [](time_point at) { return at.time_since_epoch().count(); };
    if (what_.window == duration::zero()) return {count(start), count(start), 0};
    auto const begin = start + what_.warm_up;
    return {count(start), count(begin), count(begin + what_.window)};
  }

  // Waits for `from`, and meanwhile notices if the other one ends.
  json::value await(child& from, std::string_view expected, duration patience) {
    auto const limit = clock::now() + patience;
    auto& other = &from == &near_ ? far_ : near_;
    json::object message;
    for (;;) {
      switch (from.control().listen(message)) {
        case channel::heard::message:
          if (message.at("say").as_string() != expected)
            throw infrastructure_error("a child said the wrong thing");
          return message;
        case channel::heard::hung_up:
          blame(from);
        case channel::heard::nothing_yet:
          break;
      }
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(limit - clock::now()).count();
      if (left <= 0) blame_stuck(from, expected, patience);
      pollfd all[] = {{.fd = from.control().get(), .events = POLLIN, .revents = 0},
                      {.fd = interruption[0], .events = POLLIN, .revents = 0},
                      {.fd = other.control().get(), .events = POLLRDHUP, .revents = 0}};
      // An end that has given its result hangs up, as it should.
      auto const watched = static_cast<nfds_t>(expected == "result" && heard_one_ ? 2 : 3);
      (void)::poll(all, watched, static_cast<int>(left));
      if (all[1].revents != 0) throw interrupted();
      if (watched == 3 && all[2].revents != 0 && expected != "result") blame(other);
    }
  }

  side_record result_of(child& from) {
    auto const message = await(from, "result", what_.longest);
    heard_one_ = true;
    return json::value_to<side_record>(message.at("result"));
  }

  [[noreturn]] void blame(child& which) const {
    auto const ended = which.how_it_ended(clock::now() + to_end);
    auto const words = which.last_words();
    throw infrastructure_error(names(which, what_) + " " + ended + (words.empty() ? "" : ": " + words));
  }

  [[noreturn]] void blame_stuck(child& which, std::string_view expected, duration patience) const {
    auto const seconds = std::chrono::ceil<std::chrono::seconds>(patience).count();
    auto const words = which.last_words();
    throw infrastructure_error(names(which, what_) + " is stuck: no \"" + std::string(expected) +
                               "\" within " + std::to_string(seconds) + " s" +
                               (words.empty() ? "" : "; last words: " + words));
  }

  void reap(child& which) const {
    auto const ended = which.how_it_ended(clock::now() + to_end);
    if (ended != "ended with status 0") throw infrastructure_error(names(which, what_) + " " + ended);
  }

  void check(std::uint64_t sent, std::uint64_t received) const {
    if (sent == received) return;
    throw infrastructure_error(what_.scenario + " (" + what_.near_arm + "): " + std::to_string(sent) +
                               " bytes were sent and " + std::to_string(received) + " received");
  }

  trial_order const& what_;
  child near_;
  child far_;
  bool heard_one_ = false;
};

}  // namespace

std::pair<side_record, side_record> hold_trial(trial_order const& what, machinery const& with) {
  return trial(what, with).hold();
}

void interrupt_on_signals() {
  if (::pipe2(interruption, O_CLOEXEC | O_NONBLOCK) != 0) return;
  struct sigaction act {};
  act.sa_handler = on_signal;
  act.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &act, nullptr);
  ::sigaction(SIGTERM, &act, nullptr);
}

}  // namespace trivium::bench
