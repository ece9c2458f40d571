// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Eight connections, each with one message under way. One client's requests take the server a while to serve:
// how long do the others wait for their answers?
#include "exchange.hpp"
#include "scenario.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

class slow_answerer final : public script {
 public:
  slow_answerer(std::size_t bytes, duration work) : message_(bytes, std::byte{1}), work_(work) {}

  step next(event const& last) override {
    if (last.end_of_stream) return {};
    if (last.finished == step::kind::receive && work_ > duration::zero())
      return {.what = step::kind::work, .lasting = work_, .timed = false};
    if (last.finished == step::kind::receive || last.finished == step::kind::work)
      return {.what = step::kind::send, .bytes = message_, .timed = false};
    return {.what = step::kind::receive, .bytes = message_, .timed = false};
  }

 private:
  std::vector<std::byte> message_;
  duration work_;
};

// Its own round trips are as long as the work: they are not asked for.
class slow_asker final : public script {
 public:
  slow_asker(std::size_t bytes, window const& when) : asks_(bytes, bytes, when) {}
  step next(event const& last) override { return asks_.next(last); }

 private:
  asker asks_;
};

side server(setting const& s) {
  side made;
  made.connections.push_back(std::make_unique<slow_answerer>(s.operation, s.work));
  while (made.connections.size() < s.connections)
    made.connections.push_back(std::make_unique<answerer>(s.operation, s.operation));
  return made;
}

side clients(setting const& s) {
  side made;
  made.connections.push_back(std::make_unique<slow_asker>(s.operation, *s.when));
  auto first = std::make_unique<asker>(s.operation, s.operation, *s.when);
  auto& noting = *first;
  made.connections.push_back(std::move(first));
  while (made.connections.size() < s.connections) made.connections.push_back(asker::beside(noting));
  return made;
}

}  // namespace

scenario service_time() {
  return {
      .name = "service_time",
      .sentence = "8 clients ask a server, and each request of one takes it 1 ms: how long the others wait",
      .primary = "p99",
      .columns = {"p50", "messages", "cpu_per_message"},
      .per = per::message,
      .operation = 64,
      .connections = 8,
      .fewest_connections = 2,
      .work = 1ms,
      .baseline = "posix.loop",
      .far_arm = "posix.loop",
      .near = server,
      .far = clients,
  };
}

}  // namespace trivium::bench
