// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the project promises about speed, each promise a row. All of it on split cores; the arms of a promise
// run in the same rounds.
#include <fmt/format.h>

#include "list.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto mib = std::uint64_t{1} << 20;

class builder {
 public:
  builder(catalogue const& known, plan_options const& wanted) : known_(known), wanted_(wanted) {
    made_.name = "bars";
  }

  // The trials are shorter than in `quick`: what differs is the process, so that in the same time more of
  // them say more.
  cell& add(std::string title, std::string_view scenario, std::vector<std::string> arms,
            std::uint64_t rounds) {
    auto const& what = *known_.find_scenario(scenario);
    auto one = cell_for(known_, what, std::move(arms));
    one.title = std::move(title);
    one.rounds = wanted_.rounds != 0 ? wanted_.rounds : rounds;
    one.baseline_twice = false;
    one.named = false;  // here the promises are what is tested
    one.warm_up = 60ms;
    one.window = 120ms;
    one.seconds_a_trial = trial_seconds(one, what);
    made_.cells.push_back(std::move(one));
    return made_.cells.back();
  }

  void resize(cell& one, std::uint64_t operation) {
    one.operation = operation;
    one.seconds_a_trial = trial_seconds(one, *known_.find_scenario(one.scenario));
  }

  // About the cell added last.
  void promise_that(std::string_view arm, std::string_view metric, promise kind, double limit,
                    std::string_view against) {
    auto const cell = made_.cells.size() - 1;
    made_.bars.push_back({.text = made_.cells[cell].title,
                          .cell = cell,
                          .metric = std::string(metric),
                          .arm = std::string(arm),
                          .against = std::string(against),
                          .kind = kind,
                          .limit = limit});
  }

  void promise_beside_counterpart(std::string_view arm, std::string_view metric, promise kind, double limit) {
    promise_that(arm, metric, kind, limit, known_.find_arm(arm)->counterpart);
  }

  void miss(std::string name) { made_.missing.push_back(std::move(name)); }

  plan take() { return std::move(made_); }

 private:
  catalogue const& known_;
  plan_options const& wanted_;
  plan made_;
};

// Each way and the best loop one can write by hand with the same kind of wait.
constexpr std::pair<std::string_view, std::string_view> raw_loops[] = {
    {"blocking", "posix"}, {"nonblocking", "posix.poll"}, {"async", "posix.epoll"}};

constexpr auto ways = {"blocking", "nonblocking", "async"};

void bulk_bars(builder& to, std::string const& size, std::uint64_t operation, std::uint64_t rounds,
               std::vector<std::string> arms) {
  to.resize(to.add("bulk, " + size, "bulk", std::move(arms), rounds), operation);
  for (auto const& [way, raw] : raw_loops) {
    to.promise_that(way, "throughput", promise::at_least, 0.95, raw);
    to.promise_that(way, "cpu_per_kib", promise::at_most, 1.05, raw);
  }
  for (auto const* const way : ways)
    to.promise_beside_counterpart(way, "cpu_per_kib", promise::at_most, 0.75);
}

}  // namespace

plan bars(catalogue const& known, plan_options const& wanted) {
  builder to(known, wanted);

  bulk_bars(to, "1 MiB", mib, 30,
            {"posix", "posix.poll", "posix.epoll", "blocking", "nonblocking", "async", "asio.write",
             "asio.async_write", "asio.write.uncapped", "asio.async_write.uncapped"});
  bulk_bars(to, "130 MiB", 130 * mib, 16,
            {"posix", "posix.poll", "posix.epoll", "blocking", "nonblocking", "async", "asio.write",
             "asio.async_write"});

  to.add("bulk, SO_SNDBUF 64 KiB", "bulk", {"posix", "blocking", "nonblocking", "async"}, 20).send_buffer =
      64 * 1024;
  for (auto const* const way : ways) {
    to.promise_that(way, "throughput", promise::at_least, 0.90, "posix");
    to.promise_that(way, "cpu_per_kib", promise::at_most, 1.10, "posix");
  }

  to.add("ping_pong, 64 B", "ping_pong",
         {"posix", "blocking", "blocking.limits", "async", "async.inline", "async.limits", "asio.write",
          "asio.write.stream", "asio.async_write"},
         24);
  to.promise_that("blocking", "cpu_per_trip", promise::at_most, 1.03, "posix");
  to.promise_that("async", "cpu_per_trip", promise::at_most, 1.00, "asio.async_write");
  to.promise_that("async.inline", "cpu_per_trip", promise::at_most, 0.96, "asio.async_write");
  for (auto const* const metric : {"p50", "p99"}) {
    to.promise_that("blocking", metric, promise::at_most, 1.00, "asio.write");
    to.promise_that("async", metric, promise::at_most, 1.00, "asio.async_write");
  }
  for (auto const* const way : {"blocking", "async"}) {
    for (auto const* const metric : {"p50", "cpu_per_trip"}) {
      to.promise_that(std::string(way) + ".limits", metric, promise::at_most, 1.02, way);
    }
  }

  for (auto const* const metric : {"p50", "cpu_per_trip"})
    to.promise_that("asio.write.stream", metric, promise::at_most, 1.02, "asio.write");

  for (auto const* const name : {"tls.blocking", "asio.ssl", "tls.async", "asio.ssl.async"})
    if (known.find_arm(name) == nullptr) to.miss(name);
  if (known.find_arm("tls.blocking") != nullptr) {
    to.add("bulk over TLS, 1 MiB", "bulk", {"tls.blocking", "asio.ssl", "tls.async", "asio.ssl.async"}, 22);
    for (auto const* const way : {"tls.blocking", "tls.async"}) {
      to.promise_beside_counterpart(way, "throughput", promise::at_least, 0.95);
      to.promise_beside_counterpart(way, "cpu_per_kib", promise::at_most, 1.05);
    }
  }

  // The reader is the same for all: the promise is about the price of a send.
  to.add("stream, 4 KiB", "stream", {"posix", "blocking", "async", "asio.async_write"}, 20).far_arm = "posix";
  to.promise_that("async", "throughput", promise::at_least, 0.95, "blocking");

  auto& counted = to.add("bulk, 1 MiB, instructions", "bulk",
                         {"posix", "posix.poll", "posix.epoll", "blocking", "nonblocking", "async"}, 10);
  counted.instrument = instrument::instructions;
  for (auto const& [way, raw] : raw_loops)
    to.promise_that(way, "instructions_per_byte", promise::at_most, 1.02, raw);
  return to.take();
}

}  // namespace trivium::bench
