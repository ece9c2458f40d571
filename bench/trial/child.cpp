// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "channel.hpp"
#include "connection.hpp"
#include "launcher.hpp"
#include "measured.hpp"
#include "measurement.hpp"
#include "meter.hpp"
#include "order.hpp"
#include "record.hpp"

namespace trivium::bench {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr auto patience = 10s;  // for the other processes; the coordinator's own is what users see

json::value await(channel& control) {
  auto const limit = clock::now() + patience;
  json::object message;
  for (;;) {
    auto const heard = control.listen(message);
    if (heard == channel::heard::message) return message;
    if (heard == channel::heard::hung_up) throw std::runtime_error("the coordinator is gone");
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(limit - clock::now()).count();
    if (left <= 0) throw std::runtime_error("the coordinator does not answer");
    pollfd one{.fd = control.get(), .events = POLLIN, .revents = 0};
    (void)::poll(&one, 1, static_cast<int>(left));
  }
}

void die_with(std::int64_t coordinator) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != coordinator)
    throw std::runtime_error("the coordinator is gone");  // before we could say so
}

void allow_descriptors(std::uint64_t connections) {
  auto const wanted = connections + descriptors_beside_connections;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted)
    throw std::runtime_error(std::to_string(connections) + " connections need " + std::to_string(wanted) +
                             " descriptors, and no more than " + std::to_string(limit.rlim_max) +
                             " are allowed: raise the hard limit (ulimit -Hn)");
}

std::vector<descriptor> meet(order const& told, channel& control) {
  connection_options const options{
      .address = told.address, .congestion = told.congestion, .send_buffer = told.send_buffer};
  std::vector<descriptor> met;
  met.reserve(told.connections);
  if (told.end == end::near) {
    control.send({{"say", "ready"}});
    auto const port = json::value_to<std::uint16_t>(await(control).at("port"));
    auto const limit = clock::now() + patience;
    while (met.size() != told.connections) met.push_back(connect_to(port, options, limit));
    return met;
  }
  auto const listening = listen_on(options);
  control.send({{"say", "ready"}, {"port", port_of(listening)}});
  auto const limit = clock::now() + patience;
  while (met.size() != told.connections) met.push_back(accept_one(listening, limit));
  return met;
}

time_point at(std::int64_t nanoseconds) {
  return time_point(duration(nanoseconds));
}

side_record take_part(order const& told, catalogue const& known, channel& control) {
  auto const* const what = known.find_scenario(told.scenario);
  auto const* const how = known.find_arm(told.arm);
  if (what == nullptr || how == nullptr) throw std::runtime_error("told of an unknown scenario or arm");

  allow_descriptors(told.connections);
  meter reads(told.instrument);  // first: counters see the threads that are started after them
  window when;
  setting const set{.operation = told.operation,
                    .connections = told.connections,
                    .work = duration(told.work_ns),
                    .rate = told.rate,
                    .when = &when};
  side const part = told.end == end::near ? what->near(set) : what->far(set);
  if (part.connections.size() != told.connections)
    throw std::runtime_error(told.scenario + " is not made for " + std::to_string(told.connections) +
                             " connections");
  auto const executes = how->make();
  tally kept;
  auto sockets = meet(told, control);
  auto const& first = sockets.front();
  side_record result;
  result.connections = told.connections;
  result.congestion = congestion_of(first);
  if (!told.congestion.empty() && result.congestion != told.congestion) {
    result.congestion_refused = congestion_refusal(told.congestion);
  }

  // One for each thread, or for each connection where the way has several.
  auto const many_threads = (how->holds_thread || how->several_threads) && told.connections > 1;
  std::deque<measurement> by;
  std::deque<measured> connections;
  std::vector<lane> lanes;
  lanes.reserve(sockets.size() + part.others.size());
  for (auto const& each : part.connections) {
    if (many_threads || by.empty())
      by.emplace_back(when, many_threads ? nullptr : &reads, told.instrument == instrument::calls);
    connections.emplace_back(*each, by.back());
    lanes.push_back({.socket = sockets[lanes.size()].get(),
                     .what = &connections.back(),
                     .opened = told.end == end::near ? opened::here : opened::there});
  }
  for (auto const& each : part.others) lanes.push_back({.what = each.get()});
  reads.watch(first.get(), kept, many_threads);
  control.send({{"say", "connected"}});

  auto const times = json::value_to<go>(await(control));
  when.begin = at(times.begin);
  if (times.end != 0) when.end = at(times.end);
  std::this_thread::sleep_until(at(times.start));

  result.send_buffer = send_buffer_of(first.get());
  for (auto& each : sockets) (void)each.release();  // the way's now
  {
    // One that sleeps to the edge is let run there before those that have run all the time.
    std::jthread reader;
    if (many_threads) {
      reader = std::jthread([&] {
        std::this_thread::sleep_until(when.begin);
        reads.open(clock::now());
        std::this_thread::sleep_until(when.end);
        reads.close(clock::now());
      });
    }
    executes->run(lanes, kept);
  }

  reads.book(result);
  for (auto const& each : by) {
    if (each.error()) throw std::runtime_error("a step failed: " + each.error().message());
    each.book(result);
  }
  if (many_threads) {  // they are everywhere
    result.stays.clear();
    result.processors.clear();
  }
  for (auto const& each : part.connections) each->report(result.found);
  for (auto const& each : part.others) each->report(result.found);
  return result;
}

}  // namespace

int live_as_child(catalogue const& known) {
  if (::fcntl(control_descriptor, F_GETFD) < 0) {
    std::fputs("trivium-bench trial: started by the coordinator, not by hand\n", stderr);
    return 2;
  }
  channel control{descriptor(control_descriptor)};
  try {
    auto const told = json::value_to<order>(await(control));
    die_with(told.coordinator);
    auto const result = take_part(told, known, control);
    control.send({{"say", "result"}, {"result", json::value_from(result)}});
    return 0;
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}

}  // namespace trivium::bench
