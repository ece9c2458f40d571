// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the doctor says of machines that are described to it. Those that can be had, doctor.py induces.
#define BOOST_TEST_MODULE bench.doctor
#include <boost/test/unit_test.hpp>

#include "../printing.hpp"
#include "machine/doctor.hpp"

namespace bench = trivium::bench;
using bench::weight;

namespace {

bench::environment good_machine() {
  bench::environment here;
  here.processors_allowed = {0, 1};
  here.governor = "performance";
  here.clock_source = "tsc";
  here.congestion_default = "cubic";
  here.congestion_allowed = "reno cubic";
  here.congestion_available = "reno cubic bbr";
  here.congestion_asked = "cubic";
  here.tcp_wmem = "4096 16384 4194304";
  here.tcp_rmem = "4096 131072 6291456";
  here.open_files = 1024;
  here.speeds = {{.processor = 0, .fast = 82, .slow = 85}, {.processor = 1, .fast = 83, .slow = 95}};
  here.costs = {.clock = 24, .null_step = 29, .reading = 9000};
  return here;
}

/// What is said about `subject`, facts left out; empty if nothing is.
std::string said_about(std::string_view subject, bench::environment const& here) {
  std::string all;
  for (auto const& each : bench::findings_about(here)) {
    if (each.subject == subject && each.weight != weight::fact)
      all += each.says + " -> " + each.advice + "\n";
  }
  return all;
}

weight heaviest(bench::environment const& here) {
  auto most = weight::fact;
  for (auto const& each : bench::findings_about(here)) most = std::max(most, each.weight);
  return most;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_good_machine_is_all_facts) {
  BOOST_TEST(heaviest(good_machine()) == weight::fact);
  BOOST_TEST(bench::doctor_text(bench::findings_about(good_machine()), bench::facts::left_out) == "");
}

BOOST_AUTO_TEST_CASE(one_processor_spoils) {
  auto here = good_machine();
  here.processors_allowed = {3};
  BOOST_TEST(heaviest(here) == weight::spoils);
  BOOST_TEST(
      said_about("processors", here) ==
      "only one processor is allowed (3): both ends share it, and no two cores can be compared -> give this "
      "process or container two (taskset -c 0,1), or measure --placement shared on purpose\n");
}

BOOST_AUTO_TEST_CASE(a_neighbour_is_named) {
  auto here = good_machine();
  here.background.busy = 1.0;
  here.background.neighbours = {{.process = 123, .name = "python3", .busy = 0.98, .processor = 1}};
  BOOST_TEST(heaviest(here) == weight::spoils);
  BOOST_TEST(said_about("neighbours", here) ==
             "a busy neighbour: python3 (process 123) uses 0.98 of a processor, last seen on processor 1 -> "
             "stop it, "
             "or wait for its end (kill 123)\n");
  here.background.neighbours[0].busy = 0.2;
  here.background.busy = 0.2;
  BOOST_TEST(heaviest(here) == weight::beware);
}

BOOST_AUTO_TEST_CASE(a_neighbour_without_a_name_is_measured) {
  auto here = good_machine();
  here.background.busy = 0.7;
  BOOST_TEST(heaviest(here) == weight::spoils);
  BOOST_TEST(
      said_about("neighbours", here).starts_with("0.70 of a processor goes to work that has no name here"));
}

BOOST_AUTO_TEST_CASE(steal_is_told) {
  auto here = good_machine();
  here.background.steal = 0.05;
  BOOST_TEST(said_about("steal", here).starts_with("the host took 5 % of the processors' time away -> "));
  BOOST_TEST(heaviest(here) == weight::beware);
  here.background.steal = 0.2;
  BOOST_TEST(heaviest(here) == weight::spoils);
}

// Who shares a core with another machine cannot bring it about: only described.
BOOST_AUTO_TEST_CASE(a_processor_that_changes_its_speed_is_told) {
  auto here = good_machine();
  BOOST_TEST(bench::doctor_text(bench::findings_about(here), bench::facts::shown)
                 .find("ok       speed: steady: a system call takes 83 to 95 ns\n") != std::string::npos);
  here.speeds[0].slow = 118;
  BOOST_TEST(heaviest(here) == weight::beware);
  BOOST_TEST(
      said_about("speed", here) ==
      "a system call takes 82 ns at times and 118 at others on processor 0, and nothing else runs here: "
      "another machine shares the processor's cores (hyperthreads); results scatter that much -> "
      "measure on a machine of your own, or take more rounds\n");
  here.background.busy = 1;
  BOOST_TEST(said_about("speed", here).find("another machine") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_governor_and_a_slow_clock_are_told) {
  auto here = good_machine();
  here.governor = "powersave";
  here.clock_source = "hpet";
  BOOST_TEST(said_about("governor", here).find("powersave") != std::string::npos);
  BOOST_TEST(said_about("clock", here).find("source hpet: reading the time is a system call here") == 0U);
}

BOOST_AUTO_TEST_CASE(bbr_is_told_where_it_is_in_use_and_not_where_it_is_only_the_default) {
  auto here = good_machine();
  here.congestion_default = "bbr";
  BOOST_TEST(said_about("congestion control", here) == "");
  here.congestion_asked = "bbr";
  BOOST_TEST(said_about("congestion control", here).starts_with("bbr is in use: it paces what it sends"));
}

BOOST_AUTO_TEST_CASE(a_refused_congestion_control_is_told_with_what_is_measured_instead) {
  auto here = good_machine();
  here.congestion_default = "bbr";
  here.congestion_allowed = "reno bbr";
  here.congestion_refused = "Operation not permitted";
  auto const said = said_about("congestion control", here);
  BOOST_TEST(
      said.starts_with("cubic was refused (Operation not permitted): bbr is measured, and every result is "
                       "marked with it -> as root, sysctl "
                       "net.ipv4.tcp_allowed_congestion_control=\"reno bbr cubic\""),
      said);
  BOOST_TEST(said.find("bbr is in use") != std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(nobody_is_told_to_permit_a_congestion_control_that_is_not_there) {
  auto here = good_machine();
  here.congestion_available = "reno bbr";
  here.congestion_refused = "No such file or directory";
  auto const said = said_about("congestion control", here);
  BOOST_TEST(
      said.find("-> reno bbr available here; as root, modprobe tcp_cubic adds it") != std::string::npos,
      said);
  BOOST_TEST(said.find("sysctl") == std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(small_buffers_and_few_files_are_told) {
  auto here = good_machine();
  here.tcp_wmem = "4096 16384 212992";
  BOOST_TEST(said_about("buffers", here).find("a send of 1 MiB waits several times") != std::string::npos);
  here.open_files = 16;
  BOOST_TEST(heaviest(here) == weight::spoils);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_measured_is_told_with_what_would_allow_it) {
  auto here = good_machine();
  here.processor_counters_refused = "not permitted; sysctl kernel.perf_event_paranoid=1 would allow it";
  here.kernel_entries_refused = "not permitted; root would be";
  BOOST_TEST(heaviest(here) == weight::missing);
  BOOST_TEST(
      said_about("processor counters", here) ==
      "instructions and cycles are not measured: not permitted -> sysctl kernel.perf_event_paranoid=1 would "
      "allow it\n");
  BOOST_TEST(said_about("tracepoint", here) ==
             "kernel entries are not measured: not permitted -> root would be\n");
}

BOOST_AUTO_TEST_CASE(an_instrument_that_costs_much_is_told) {
  auto here = good_machine();
  here.costs.null_step = 300;
  BOOST_TEST(said_about("instrument", here).starts_with("a step that does nothing takes 300.0 ns"));
}

BOOST_AUTO_TEST_CASE(mitigations_are_facts) {
  auto here = good_machine();
  here.mitigations = {"retbleed", "spectre_v2"};
  BOOST_TEST(heaviest(here) == weight::fact);
  BOOST_TEST(bench::doctor_text(bench::findings_about(here), bench::facts::shown)
                 .find("mitigations: retbleed, spectre_v2: every system call pays for them") !=
             std::string::npos);
}
