// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What kind of server: up to which service time one loop suffices, what a loop for each processor is worth
// where there is much to move, and what each costs at a rate that none of them is busy with. The scheduler
// places the ends where a server of several threads needs several processors.
#include "list.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

// The fewest that a word is said from; four minutes leave room for no more.
constexpr std::uint64_t rounds_of_servers = 9;

class builder {
 public:
  builder(catalogue const& known, plan_options const& wanted) : known_(known) {
    made_.name = "servers";
    rounds_ = wanted.rounds != 0 ? wanted.rounds : rounds_of_servers;
  }

  std::size_t add(scenario const& what, std::vector<std::string> arms, auto change) {
    auto one = cell_for(known_, what, std::move(arms));
    one.placement = placement::free;
    one.baseline_twice = false;
    one.rounds = rounds_;
    change(one);
    one.seconds_a_trial = trial_seconds(one, what);
    made_.cells.push_back(std::move(one));
    return made_.cells.size() - 1;
  }
  void table(two_way_table one) { made_.tables.push_back(std::move(one)); }

  plan take() { return std::move(made_); }

 private:
  catalogue const& known_;
  std::uint64_t rounds_ = 0;
  plan made_;
};

}  // namespace

plan servers(catalogue const& known, plan_options const& wanted) {
  builder to(known, wanted);

  two_way_table waits{
      .title = "service_time: what the others wait, by server", .metric = "p99", .columns = {}};
  auto const& service_time = *known.find_scenario("service_time");
  for (duration const work :
       {duration(0us), duration(10us), duration(100us), duration(1ms), duration(10ms)}) {
    auto const cell = to.add(
        service_time, {"posix.loop", "blocking", "nonblocking", "async", "async.loops"}, [&](auto& one) {
          set_work(one, service_time, work);
          one.baseline_twice = work == 1ms;
          // One loop, one for each processor, or a thread for each connection: what a server is built as.
          one.comparisons = {{"async", "blocking"}, {"async.loops", "blocking"}, {"async.loops", "async"}};
        });
    waits.columns.emplace_back(work_text(work), cell);
  }
  to.table(std::move(waits));

  auto const& connections = *known.find_scenario("connections");
  to.add(connections, {"posix.loop", "async", "async.loops", "asio.async_write.shared"}, [&](auto& one) {
    one.operation = 100'000;
    set_connections(one, connections, 200);
    one.title = "connections, 200 with 100 KB";
    one.primary = "messages";
    one.columns = {"cpu_per_message", "p50", "p99", "cpu_per_trip"};
  });
  // A third to a sixth of what they can do.
  for (auto const count : {100U, 1000U}) {
    std::vector<std::string> arms{"posix.loop", "nonblocking", "async", "asio.async_write"};
    if (count <= most_threads) arms.insert(arms.begin() + 1, "blocking");
    to.add(connections, std::move(arms), [&](auto& one) {
      set_connections(one, connections, count);
      set_rate(one, 20'000);
      one.placement = placement::split;
    });
  }
  to.add(*known.find_scenario("streams"), {"posix.loop", "async", "asio.async_write"},
         [](auto& one) { one.placement = placement::split; });
  return to.take();
}

}  // namespace trivium::bench
