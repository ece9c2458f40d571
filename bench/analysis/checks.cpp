// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"

#include <fmt/format.h>

namespace trivium::bench {

namespace {

constexpr auto mib = std::uint64_t{1} << 20;
constexpr auto step_max = 4 * mib;  // what the library and the raw loops ask of the kernel at most

step_figures figures_of(side_record const& side, std::string_view kind) {
  auto const at = side.steps.find(kind);
  return at == side.steps.end() ? step_figures{} : at->second;
}

std::uint64_t count(named_counts const& counts, std::string_view name) {
  auto const at = counts.find(name);
  return at == counts.end() ? 0 : at->second;
}

class checker {
 public:
  checker(std::string_view scenario, trial_record const& trial, std::vector<check>& into)
      : trial_(trial), of_(fmt::format("{}, {}", scenario, trial.arm)), into_(into) {}

  /// So many calls of this kind for every send of 1 MiB.
  void a_send_makes(std::uint64_t expected, std::string_view what, std::uint64_t (*of)(named_counts const&)) {
    auto const sends = figures_of(trial_.near, "send");
    auto const seen = of(sends.calls);
    add(fmt::format("{}: {} {} for each MiB sent", of_, expected, what),
        sends.steps > 0 && seen == expected * sends.steps, fmt::format("{} in {} sends", seen, sends.steps));
  }

  /// A loop that has its turn only when it must.
  void a_loop_turns_at_most_every(std::uint64_t bytes) {
    auto const sends = figures_of(trial_.near, "send");
    auto const seen = count(sends.calls, "epoll_wait");
    add(fmt::format("{}: at most 1 epoll_wait for every {} MiB sent", of_, bytes / mib),
        sends.steps > 0 && seen * bytes <= sends.bytes, fmt::format("{} in {} sends", seen, sends.steps));
  }

  /// The law: calls <= waits + ceil(bytes / step_max) + 1 for an operation.
  void keeps_the_law(side_record const& side, std::string_view which) {
    std::uint64_t pieces = 0;
    for (auto const* const kind : {"send", "receive", "receive_some"}) {
      auto const figures = figures_of(side, kind);
      if (figures.steps == 0) continue;
      auto const each = figures.bytes / figures.steps;
      pieces += figures.steps * ((each + step_max - 1) / step_max + 1);
    }
    add(fmt::format("{}, {} end: calls <= waits + ceil(bytes / 4 MiB) + 1 an operation", of_, which),
        side.way.calls <= side.way.waits + pieces,
        fmt::format("{} calls, {} waits, {} for the operations", side.way.calls, side.way.waits, pieces));
  }

  /// What the library says of itself is what the counting library saw.
  void tells_the_truth(side_record const& side, std::string_view which) {
    std::uint64_t seen = 0;
    for (auto const& [kind, figures] : side.steps) {
      seen += total(figures.calls, call_kind::sending) + total(figures.calls, call_kind::receiving);
    }
    add(fmt::format("{}, {} end: transfer_result.calls is what was counted", of_, which),
        side.way.calls == seen, fmt::format("{} told, {} counted", side.way.calls, seen));
  }

  void allocates_nothing(side_record const& side, std::string_view which) {
    std::uint64_t seen = 0;
    std::uint64_t steps = 0;
    for (auto const& [kind, figures] : side.steps) {
      seen += total(figures.calls, call_kind::allocating);
      steps += figures.steps;
    }
    add(fmt::format("{}, {} end: no allocation in steady state", of_, which), steps > 0 && seen == 0,
        fmt::format("{} in {} operations", seen, steps));
  }

 private:
  void add(std::string what, bool holds, std::string seen) {
    into_.push_back({.what = std::move(what), .holds = holds, .seen = std::move(seen)});
  }

  trial_record const& trial_;
  std::string of_;
  std::vector<check>& into_;
};

std::uint64_t sends(named_counts const& counts) {
  return total(counts, call_kind::sending);
}
std::uint64_t turns(named_counts const& counts) {
  return count(counts, "epoll_wait");
}

void check_sends(exact_calls const& expected, checker& check) {
  check.a_send_makes(expected.sends, "sends", sends);
  if (expected.loop_waits) check.a_send_makes(*expected.loop_waits, "epoll_wait", turns);
  if (expected.bytes_a_loop_wait != 0) check.a_loop_turns_at_most_every(expected.bytes_a_loop_wait);
}

}  // namespace

std::vector<check> exact_checks(plan const& of, catalogue const& known,
                                std::vector<trial_record> const& trials) {
  std::vector<check> all;
  for (auto const& each : trials) {
    auto const& here = of.cells[each.cell];
    if (each.superseded) continue;
    if (here.instrument != instrument::calls) continue;
    checker check(here.scenario, each, all);
    auto const& how = *known.find_arm(each.arm);
    auto const plain = how.wire == wire::plain;
    // Sends find room only if the buffer holds the whole of one.
    if (plain && !how.buffers && known.find_scenario(here.scenario)->sends_find_room &&
        each.near.send_buffer > 1.25 * mib)
      check_sends(how.for_a_mib, check);
    for (auto const& [side, which] : {std::pair(&each.near, "near"), std::pair(&each.far, "far")}) {
      if (side->way.kept) check.tells_the_truth(*side, which);
      if (plain && side->way.kept && !how.buffers) check.keeps_the_law(*side, which);
      if (plain && !how.allocates) check.allocates_nothing(*side, which);
    }
  }
  return all;
}

}  // namespace trivium::bench
