// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// That each exact check fails where it should.
#define BOOST_TEST_MODULE bench.checks
#include <boost/test/unit_test.hpp>

#include "../support/chosen_trials.hpp"
#include "analysis/checks.hpp"

namespace bench = trivium::bench;
using namespace trivium::bench::chosen;

BOOST_AUTO_TEST_CASE(exact_checks_fail_where_they_should) {
  bench::plan plan;
  bench::cell cell;
  cell.scenario = "answered";
  cell.instrument = bench::instrument::calls;
  plan.cells.push_back(cell);

  bench::trial_record honest;
  honest.arm = "blocking";
  honest.near.send_buffer = 2.5 * mib;
  honest.near.steps["send"] = {.steps = 10, .bytes = 10 * mib, .calls = {{"send", 10}}};
  honest.far.steps["receive"] = {.steps = 10, .bytes = 10 * mib, .calls = {{"recv", 30}, {"poll", 20}}};
  honest.near.way = {.kept = true, .calls = 10, .would_blocks = 0, .waits = 0, .longest_hold_ns = 0};
  honest.far.way = {.kept = true, .calls = 30, .would_blocks = 10, .waits = 20, .longest_hold_ns = 0};
  std::vector<bench::arm> arms(known.arms.begin(), known.arms.end());
  arms.push_back({.name = "encrypted", .sentence = "of the test", .wire = bench::wire::tls});
  auto const failures = [&](bench::trial_record const& trial) {
    std::string all;
    for (auto const& each : bench::exact_checks(plan, {known.scenarios, arms}, {trial})) {
      if (!each.holds) all += each.what + ": " + each.seen + "\n";
    }
    return all;
  };
  BOOST_TEST(failures(honest) == "");

  auto liar = honest;
  liar.far.way.calls = 29;
  BOOST_TEST(failures(liar) ==
             "answered, blocking, far end: transfer_result.calls is what was counted: 29 told, 30 counted\n");

  auto chatty = honest;
  chatty.near.steps["send"].calls["send"] = 11;
  chatty.near.way.calls = 11;
  BOOST_TEST(failures(chatty) == "answered, blocking: 1 sends for each MiB sent: 11 in 10 sends\n");

  auto lawless = honest;
  lawless.far.way.waits = 9;
  BOOST_TEST(failures(lawless) ==
             "answered, blocking, far end: calls <= waits + ceil(bytes / 4 MiB) + 1 an operation: 30 calls, "
             "9 waits, "
             "20 for the operations\n");
  lawless.arm = "async.ahead";  // whose receives are not those of the steps
  BOOST_TEST(failures(lawless) == "");

  auto greedy = honest;
  greedy.near.steps["send"].calls["malloc"] = 1;
  BOOST_TEST(failures(greedy) ==
             "answered, blocking, near end: no allocation in steady state: 1 in 10 operations\n");
  greedy.superseded = true;
  BOOST_TEST(failures(greedy) == "");  // another attempt counts

  auto encrypted = honest;
  encrypted.arm = "encrypted";
  encrypted.near.steps["send"].calls = {{"send", 80}, {"malloc", 1280}};
  encrypted.near.way.calls = 80;
  BOOST_TEST(failures(encrypted) == "");
  encrypted.near.way.calls = 79;
  BOOST_TEST(
      failures(encrypted) ==
      "answered, encrypted, near end: transfer_result.calls is what was counted: 79 told, 80 counted\n");

  // Asio cuts at 64 KiB, and its loop waits after each piece.
  auto cut = honest;
  cut.arm = "asio.async_write";
  cut.near.way = cut.far.way = {};
  cut.near.steps["send"].calls = {{"send", 160}, {"epoll_wait", 160}};
  BOOST_TEST(failures(cut) == "");
  cut.near.steps["send"].calls = {{"send", 10}, {"epoll_wait", 11}};
  BOOST_TEST(failures(cut) ==
             "answered, asio.async_write: 16 sends for each MiB sent: 10 in 10 sends\n"
             "answered, asio.async_write: 16 epoll_wait for each MiB sent: 11 in 10 sends\n");

  auto hasty = honest;
  hasty.arm = "async";
  hasty.near.steps["send"].calls["epoll_wait"] = 11;
  BOOST_TEST(failures(hasty) ==
             "answered, async: at most 1 epoll_wait for every 1 MiB sent: 11 in 10 sends\n");
}
