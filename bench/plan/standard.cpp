// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The plan quick with more rounds, and around its one base point (bulk, 1 MiB, split cores, the same arm at
// both ends) the sweeps: each changes one thing, or crosses two that are named. Never everything with
// everything: that would take a day.
#include "choices.hpp"
#include "list.hpp"

namespace trivium::bench {

namespace {

constexpr auto kib = std::uint64_t{1} << 10;

// Enough to tell 5 % on throughput; what 12 minutes allow.
constexpr std::uint64_t rounds_of_standard = 23;

class builder {
 public:
  builder(catalogue const& known, plan_options const& wanted) : known_(known) {
    made_.name = "standard";
    made_.margins = margins::fine;
    rounds_ = wanted.rounds != 0 ? wanted.rounds : rounds_of_standard;
  }

  std::size_t base(std::string_view scenario) {
    auto const& what = *known_.find_scenario(scenario);
    auto one = cell_for(known_, what, arms_to_compare(known_, what, what.connections));
    if (what.whole) one.baseline_twice = false;
    return add(std::move(one));
  }

  /// A cell whose figures only describe: nothing in it is tested.
  template <class Change>
  std::size_t sweep(std::string title, std::string_view scenario, std::vector<std::string> arms,
                    Change change) {
    auto const& what = *known_.find_scenario(scenario);
    auto one = cell_for(known_, what, std::move(arms));
    one.title = std::move(title);
    one.named = false;
    one.baseline_twice = false;
    change(one);
    one.seconds_a_trial = trial_seconds(one, what);
    return add(std::move(one));
  }

  void table(two_way_table one) { made_.tables.push_back(std::move(one)); }

  plan take() {
    add_audits(made_);
    return std::move(made_);
  }

 private:
  std::size_t add(cell one) {
    one.rounds = rounds_;
    made_.cells.push_back(std::move(one));
    return made_.cells.size() - 1;
  }

  catalogue const& known_;
  std::uint64_t rounds_ = 0;
  plan made_;
};

void placement_by_way(builder& to, std::string_view scenario, std::string const& metric, std::size_t split) {
  std::vector<std::string> const arms{"posix", "blocking", "nonblocking", "nonblocking.spin", "async"};
  auto const at = [&](placement where) {
    return to.sweep(std::string(scenario) + ", placement " + std::string(name_of(where)), scenario, arms,
                    [&](cell& one) { one.placement = where; });
  };
  auto const shared = at(placement::shared);
  auto const free = at(placement::free);
  to.table({.title = std::string(scenario) + ": placement by way",
            .metric = metric,
            .columns = {{"split", split}, {"shared", shared}, {"free", free}}});
}

}  // namespace

plan standard(catalogue const& known, plan_options const& wanted) {
  builder to(known, wanted);
  auto const bulk = to.base("bulk");
  to.base("ping_pong");
  to.base("held");

  placement_by_way(to, "bulk", "throughput", bulk);

  // Who waits how, at each end on its own: on loopback it is the receiver's way that shows.
  std::vector<std::pair<std::string, std::size_t>> receivers;
  for (auto const* const far : {"blocking", "nonblocking", "async"}) {
    receivers.emplace_back(std::string("to ") + far, to.sweep(std::string("bulk, to ") + far, "bulk",
                                                              {"posix", "blocking", "nonblocking", "async"},
                                                              [&](cell& one) { one.far_arm = far; }));
  }
  to.table({.title = "bulk: sender by receiver", .metric = "throughput", .columns = std::move(receivers)});

  std::vector<std::pair<std::string, std::size_t>> sizes;
  for (auto const size : {16 * kib, 64 * kib, 256 * kib, 4096 * kib}) {
    auto const text =
        size >= 1024 * kib ? std::to_string(size / kib / kib) + " MiB" : std::to_string(size / kib) + " KiB";
    sizes.emplace_back(text,
                       to.sweep("bulk, " + text, "bulk", {"posix", "blocking", "async", "asio.async_write"},
                                [&](cell& one) { one.operation = size; }));
  }
  sizes.insert(sizes.end() - 1, {"1 MiB", bulk});
  to.table({.title = "bulk: size of an operation by way", .metric = "throughput", .columns = sizes});
  to.table({.title = "bulk: size of an operation by way", .metric = "cpu_per_kib", .columns = sizes});

  auto const retries =
      to.sweep("bulk, retry policies", "bulk",
               {"posix", "nonblocking", "nonblocking.call", "nonblocking.spin"}, [](cell&) {});
  to.table({.title = "bulk: what passes the time between attempts",
            .metric = "throughput",
            .columns = {{"split", retries}}});
  to.sweep("stream", "stream", {"posix", "blocking", "async", "async.inline", "asio.async_write"},
           [](cell& one) { one.far_arm = "posix"; });

  return to.take();
}

}  // namespace trivium::bench
