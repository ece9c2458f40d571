// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <stdexcept>
#include <string>

#include "../analysis/metrics.hpp"
#include "described.hpp"
#include "parse.hpp"

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

json::value of(plan const& p) {
  auto made = written(p).as_object();
  made["rounds"] = p.rounds();
  made["trials"] = p.trials();
  made["expected_s"] = p.seconds();
  return made;
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

/// What is counted from elsewhere has to be there.
void hold_together(plan const& of, std::vector<trial_record> const& trials) {
  auto const known_metric = [](std::string const& where, std::string const& name) {
    if (find_metric(name) == nullptr) cannot_be_read(where, "there is no metric \"" + name + "\"");
  };
  auto const known_cell = [&](std::string const& where, std::size_t cell) {
    if (cell >= of.cells.size())
      cannot_be_read(where, "of " + std::to_string(of.cells.size()) + " cells there is none of number " +
                                std::to_string(cell));
  };
  auto const numbered = [](char const* what, std::size_t i) {
    return std::string(what) + "[" + std::to_string(i) + "]";
  };
  for (std::size_t i = 0; i < of.cells.size(); ++i) {
    auto const where = numbered("plan.cells", i);
    known_metric(where + ".primary", of.cells[i].primary);
    for (auto const& each : of.cells[i].columns) known_metric(where + ".columns", each);
  }
  for (std::size_t i = 0; i < of.bars.size(); ++i) {
    known_metric(numbered("plan.bars", i) + ".metric", of.bars[i].metric);
    known_cell(numbered("plan.bars", i) + ".cell", of.bars[i].cell);
  }
  for (std::size_t i = 0; i < of.tables.size(); ++i) {
    known_metric(numbered("plan.tables", i) + ".metric", of.tables[i].metric);
    for (auto const& [head, cell] : of.tables[i].columns) known_cell(numbered("plan.tables", i), cell);
  }
  for (std::size_t i = 0; i < trials.size(); ++i) known_cell(numbered("trials", i) + ".cell", trials[i].cell);
}

constexpr std::string_view schema = "trivium-bench/4";

constexpr std::string_view who_writes_one = "; 'run' writes a result, and --json says where";

[[noreturn]] void no_result(std::string const& why) {
  throw std::runtime_error("is no result: " + why + std::string(who_writes_one));
}

json::object const& object_of(parsed const& from, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) no_result("it is empty");
  if (from.error == json::error::incomplete) {
    throw std::runtime_error("ends in the middle, after " + std::to_string(text.size()) +
                             " bytes: it was not written to its end; take another copy, or measure again");
  }
  if (from.error) no_result("at byte " + std::to_string(from.at) + ": " + from.error.message());
  auto const* const object = from.value.if_object();
  auto const* const says = object == nullptr ? nullptr : object->if_contains("schema");
  if (says == nullptr || !says->is_string() || !says->get_string().starts_with("trivium-bench/"))
    no_result("it does not say \"schema\": \"" + std::string(schema) + "\"");
  if (says->get_string() != schema) {
    throw std::runtime_error("is of schema " + std::string(says->get_string()) + ", and this program reads " +
                             std::string(schema) +
                             "; read it with the trivium-bench that wrote it, or measure again");
  }
  return *object;
}

}  // namespace

json::object to_json(result const& all) {
  return {{"schema", schema},
          {"started", all.started},
          {"command", all.command},
          {"plan", of(all.plan)},
          {"environment", written(all.environment)},
          {"findings", written(all.findings)},
          {"background", written(all.background)},
          {"remarks", json::value_from(all.remarks)},
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
          {"checks", written(all.checks)},
          {"trials", written(all.run.trials)}};
}

std::string to_text(result const& all) {
  return json::serialize(to_json(all)) + '\n';
}

result from_text(std::string_view text) {
  auto const from = parse(text);
  auto const& object = object_of(from, text);
  auto const take = [&](char const* name, auto& into) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr) cannot_be_read(name, "is missing");
    read(*value, name, into);
  };
  result all;
  try {
    take("started", all.started);
    take("command", all.command);
    take("plan", all.plan);
    take("environment", all.environment);
    take("findings", all.findings);
    take("background", all.background);
    take("remarks", all.remarks);
    take("rounds_done", all.run.rounds_done);
    take("stopped_by_user", all.run.interrupted);
    take("precision_reached", all.run.precise_enough);
    take("repeated", all.run.repeated);
    take("measured_s", all.run.seconds);
    take("checks", all.checks);
    take("trials", all.run.trials);
    hold_together(all.plan, all.run.trials);
  } catch (std::runtime_error const& problem) {
    throw std::runtime_error("is not a whole result: " + std::string(problem.what()) +
                             "; read it with the trivium-bench that wrote it, or measure again");
  }
  all.analysis = analyse(all.plan, all.run.trials, all.environment.processor_counters_refused);
  return all;
}

}  // namespace trivium::bench
