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
#include <optional>
#include <system_error>
#include <vector>

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
    tell(near_, json::value_from(told(end::near)).as_object());
    tell(far_, json::value_from(told(end::far)).as_object());
    auto const port = await(far_, "ready").at("port");
    await(near_, "ready");
    tell(near_, {{"port", port}});
    await(near_, "connected");
    await(far_, "connected");

    auto const when = json::value_from(times()).as_object();
    tell(near_, when);
    tell(far_, when);
    auto const [near, far] = results();
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
            .connections = what_.connections,
            .work_ns = what_.work.count(),
            .rate = what_.rate,
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

  void tell(child& which, json::object const& message) {
    try {
      which.control().send(message);
    } catch (std::system_error const&) {
      blame(which);  // it hung up
    }
  }

  json::value await(child& from, std::string_view expected) {
    auto const limit = clock::now() + to_answer;
    auto& other = &from == &near_ ? far_ : near_;
    for (;;) {
      if (auto message = heard_from(from, expected)) return std::move(*message);
      if (clock::now() >= limit) blame_stuck(from, expected, to_answer);
      // Nobody hangs up at this stage; one that does is why the other does not answer.
      if (sleep_until_heard({from.control().get()}, other.control().get(), limit)) blame(other);
    }
  }

  std::pair<side_record, side_record> results() {
    auto const limit = clock::now() + what_.longest;
    std::optional<side_record> near;
    std::optional<side_record> far;
    for (;;) {
      if (!far) far = result_from(far_);
      if (!near) near = result_from(near_);
      if (near && far) return {std::move(*near), std::move(*far)};
      if (clock::now() >= limit) blame_stuck(near ? far_ : near_, "result", what_.longest);
      std::vector<int> silent;
      if (!near) silent.push_back(near_.control().get());
      if (!far) silent.push_back(far_.control().get());
      sleep_until_heard(silent, -1, limit);
    }
  }

  std::optional<side_record> result_from(child& which) {
    auto const message = heard_from(which, "result");
    if (!message) return std::nullopt;
    return json::value_to<side_record>(message->at("result"));
  }

  std::optional<json::value> heard_from(child& which, std::string_view expected) {
    json::object message;
    auto const heard = which.control().listen(message);
    if (heard == channel::heard::nothing_yet) return std::nullopt;
    if (heard == channel::heard::hung_up) blame(which);
    if (message.at("say").as_string() != expected) {
      throw infrastructure_error(names(which, what_) + " said the wrong thing");
    }
    return message;
  }

  /// Sleeps until one of `from` has something to say, or the limit; true if `watched` hung up instead. Throws
  /// if the user wants to stop.
  static bool sleep_until_heard(std::vector<int> const& from, int watched, time_point limit) {
    std::vector<pollfd> all{{.fd = interruption[0], .events = POLLIN, .revents = 0},
                            {.fd = watched, .events = POLLRDHUP, .revents = 0}};
    for (auto const each : from) all.push_back({.fd = each, .events = POLLIN, .revents = 0});
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(limit - clock::now()).count();
    (void)::poll(all.data(), all.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (all[0].revents != 0) throw interrupted();
    return all[1].revents != 0;
  }

  // An end that dies breaks the other's connection, and that one gives up as well. Which of them is noticed
  // first says nothing, so both are heard.
  [[noreturn]] void blame(child& which) {
    auto said = account_of(which);
    auto& other = &which == &near_ ? far_ : near_;
    pollfd one{.fd = other.control().get(), .events = POLLIN, .revents = 0};
    constexpr auto to_follow_ms = 200;
    (void)::poll(&one, 1, to_follow_ms);
    json::object message;
    if (other.control().listen(message) == channel::heard::hung_up) said += "; " + account_of(other);
    throw infrastructure_error(said);
  }

  std::string account_of(child& which) const {
    auto const ended = which.how_it_ended(clock::now() + to_end);
    auto const words = which.last_words();
    return names(which, what_) + " " + ended + (words.empty() ? "" : ": " + words);
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
