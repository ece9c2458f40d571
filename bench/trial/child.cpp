// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "channel.hpp"
#include "connection.hpp"
#include "launcher.hpp"
#include "measured.hpp"
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

descriptor meet(order const& told, channel& control) {
  connection_options const options{
      .address = told.address, .congestion = told.congestion, .send_buffer = told.send_buffer};
  if (told.end == end::near) {
    control.send({{"say", "ready"}});
    auto const port = json::value_to<std::uint16_t>(await(control).at("port"));
    return connect_to(port, options, clock::now() + patience);
  }
  auto const listening = listen_on(options);
  control.send({{"say", "ready"}, {"port", port_of(listening)}});
  return accept_one(listening, clock::now() + patience);
}

time_point at(std::int64_t nanoseconds) {
  return time_point(duration(nanoseconds));
}

side_record take_part(order const& told, catalogue const& known, channel& control) {
  auto const* const what = known.find_scenario(told.scenario);
  auto const* const how = known.find_arm(told.arm);
  if (what == nullptr || how == nullptr) throw std::runtime_error("told of an unknown scenario or arm");

  meter reads(told.instrument);  // first: counters see the threads that are started after them
  window when;
  setting const set{.operation = told.operation, .when = &when};
  side const part = told.end == end::near ? what->near(set) : what->far(set);
  auto const executes = how->make();
  tally kept;
  measured connection(*part.connection, when, reads,
                      told.instrument == instrument::calls ? counts_of_this_process() : nullptr);

  auto socket = meet(told, control);
  auto const fd = socket.get();
  side_record result;
  result.congestion = congestion_of(socket);
  if (!told.congestion.empty() && result.congestion != told.congestion) {
    result.congestion_refused = congestion_refusal(told.congestion);
  }
  reads.watch(fd, kept);
  std::vector<lane> lanes{
      {.socket = fd, .what = &connection, .opened = told.end == end::near ? opened::here : opened::there}};
  for (auto const& each : part.others) lanes.push_back({.what = each.get()});
  control.send({{"say", "connected"}});

  auto const times = json::value_to<go>(await(control));
  when.begin = at(times.begin);
  if (times.end != 0) when.end = at(times.end);
  std::this_thread::sleep_until(at(times.start));

  result.send_buffer = send_buffer_of(fd);
  (void)socket.release();  // the way's now
  executes->run(lanes, kept);

  if (connection.error()) throw std::runtime_error("a step failed: " + connection.error().message());
  connection.book(result);
  part.connection->report(result.found);
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
