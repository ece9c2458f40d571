// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <string>

namespace trivium::bench {

namespace {

namespace json = boost::json;

template <class All, class Each>
json::array array_of(All const& all, Each each) {
  json::array made;
  for (auto const& one : all) made.push_back(each(one));
  return made;
}

json::value of(centre const& ratio) {
  json::object made{{"estimate", ratio.estimate}, {"rounds", ratio.rounds}, {"p", ratio.p}};
  if (ratio.within) made["interval"] = {ratio.within->low, ratio.within->high};
  return made;
}

json::value of(verdict const& said) {
  json::object made{{"word", name_of(said.word)}, {"sentence", sentence(said)}, {"margin", said.margin}};
  if (said.word == word::faster || said.word == word::slower) made["by_at_least"] = said.by_at_least;
  if (said.word == word::cannot_tell) made["rounds_needed"] = said.rounds_needed;
  return made;
}

json::value of(measured_ratio const& ratio) {
  auto made = of(ratio.within_rounds).as_object();
  if (ratio.within_rounds.within) made["half_width"] = half_width(*ratio.within_rounds.within);
  if (ratio.visible) made["smallest_visible"] = *ratio.visible;
  made["method"] =
      ratio.by_median ? "median, interval of order statistics" : "Hodges-Lehmann, signed-rank interval";
  return made;
}

double seconds(duration time) {
  return std::chrono::duration<double>(time).count();
}

json::value of(cell const& c) {
  return {{"title", c.title},
          {"scenario", c.scenario},
          {"operation", c.operation},
          {"send_buffer", c.send_buffer},
          {"arms", json::value_from(c.arms)},
          {"far_arm", c.far_arm},
          {"placement", name_of(c.where)},
          {"named", c.named},
          {"rounds", c.rounds},
          {"trials_a_round", c.trials_a_round()},
          {"instrument", json::value_from(c.instrument)},
          {"warm_up_s", seconds(c.warm_up)},
          {"window_s", seconds(c.window)},
          {"expected_s_a_trial", c.seconds_a_trial}};
}

json::value of(plan const& p) {
  return {{"name", p.name},
          {"seed", p.seed},
          {"congestion", p.congestion},
          {"precision", p.precision},
          {"rounds", p.rounds()},
          {"trials", p.trials()},
          {"expected_s", p.seconds()},
          {"cells", array_of(p.cells, [](cell const& c) { return of(c); })}};
}

json::value of(counted_end const& end) {
  json::object made{{"calls_per_mib", end.calls_per_mib},
                    {"calls_per_step", end.calls_per_step},
                    {"allocations_per_step", end.allocations_per_step},
                    {"page_faults_per_step", end.page_faults_per_step},
                    {"by_name_per_mib", json::value_from(end.per_mib)},
                    {"by_name_per_step", json::value_from(end.per_step)},
                    {"calls", end.calls}};
  if (end.kernel_entries >= 0) made["kernel_entries"] = end.kernel_entries;
  return made;
}

json::value of(counted_calls const& counted) {
  return {{"near", of(counted.near)}, {"far", of(counted.far)}, {"unlike_timed", counted.unlike_timed}};
}

json::value of(order_effect const& effect) {
  return {{"p_position", effect.position}, {"p_predecessor", effect.predecessor}};
}

json::value of(double figure) {
  return figure;
}

json::value of(mode const& one) {
  return {{"mode", one.called}, {"trials", one.trials}, {"median", one.median}};
}

template <class T>
json::value of(std::optional<T> const& maybe) {
  return maybe ? of(*maybe) : json::value(nullptr);
}

json::value of(arm_row const& row) {
  json::object values;
  for (auto const& [name, value] : row.values) {
    values[name] = {{"median", value.median}, {"to_baseline", of(value.ratio)}};
  }
  return {{"arm", row.arm},
          {"metrics", values},
          {"counted", of(row.counted)},
          {"instructions_per_byte", of(row.instructions_per_byte)},
          {"cycles_per_byte", of(row.cycles_per_byte)},
          {"limited_by", row.limited_by},
          {"share_on_one_processor", row.together},
          {"modes", array_of(row.modes, [](mode const& one) { return of(one); })}};
}

json::value of(contrast const& c) {
  return {{"arm", c.arm}, {"against", c.against}, {"ratio", of(c.ratio)}, {"verdict", of(c.said)}};
}

json::value of(cell_analysis const& c) {
  return {{"cell", c.cell},
          {"primary", c.primary->name},
          {"arms", array_of(c.rows, [](arm_row const& row) { return of(row); })},
          {"contrasts", array_of(c.contrasts, [](contrast const& each) { return of(each); })},
          {"margin", c.margin},
          {"level", c.level},
          {"control", of(c.control)},
          {"order", of(c.order)},
          {"cost_of_instrument", json::value_from(c.cost_of_instrument)}};
}

json::value of(bar_row const& row) {
  return {{"text", row.what.text},
          {"cell", row.what.cell},
          {"metric", row.what.metric},
          {"arm", row.what.arm},
          {"against", row.what.against},
          {"promise", row.what.kind == promise::at_least ? "at least" : "at most"},
          {"limit", row.what.limit},
          {"ratio", of(row.ratio)},
          {"word", row.not_measured.empty() ? name_of(row.said) : "not measured"},
          {"why_not_measured", row.not_measured}};
}

json::value of(check const& c) {
  return {{"what", c.what}, {"holds", c.holds}, {"seen", c.seen}};
}

}  // namespace

json::object to_json(result const& all) {
  return {
      {"schema", "trivium-bench/2"},
      {"started", all.started},
      {"plan", of(all.plan)},
      {"environment", json::value_from(all.environment)},
      {"findings", json::value_from(all.findings)},
      {"background", json::value_from(all.background)},
      {"rounds_done", all.run.rounds_done},
      {"stopped_by_user", all.run.interrupted},
      {"precision_reached", all.run.precise_enough},
      {"repeated", all.run.repeated},
      {"measured_s", all.run.seconds},
      {"timed_trials", all.analysis.timed},
      {"spoiled_trials", all.analysis.spoiled},
      {"causes", json::value_from(all.analysis.causes)},
      {"health", json::value_from(all.analysis.health())},
      {"trustworthy", all.analysis.trustworthy()},
      {"cells", array_of(all.analysis.cells, [](cell_analysis const& each) { return of(each); })},
      {"bars", array_of(all.analysis.bars, [](bar_row const& each) { return of(each); })},
      {"checks", array_of(all.checks, [](check const& each) { return of(each); })},
      {"trials", array_of(all.run.trials, [](trial_record const& each) { return json::value_from(each); })}};
}

std::string to_text(result const& all) {
  return json::serialize(to_json(all)) + '\n';
}

}  // namespace trivium::bench
