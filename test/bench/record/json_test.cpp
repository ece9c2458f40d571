// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A result as JSON.
#define BOOST_TEST_MODULE bench.json
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "../support/chosen_trials.hpp"
#include "record/json.hpp"

namespace bench = trivium::bench;
using namespace trivium::bench::chosen;

BOOST_AUTO_TEST_CASE(json_comes_back_as_it_was) {
  bench::result all;
  all.plan = bulk_plan(12);
  all.run.trials = bulk_trials(12);
  all.run.rounds_done = 12;
  all.analysis = bench::analyse(all.plan, all.run.trials, "");
  all.started = "2026-01-01T00:00:00Z";
  auto const written = boost::json::parse(boost::json::serialize(bench::to_json(all))).as_object();
  BOOST_TEST(written.at("schema").as_string() == "trivium-bench/2");
  BOOST_TEST(written.at("trials").as_array().size() == all.run.trials.size());
  BOOST_TEST(written.at("cells").as_array().size() == 1U);
  BOOST_TEST(written.at("trustworthy").as_bool());
  auto const& contrast = written.at("cells").as_array()[0].at("contrasts").as_array()[0];
  BOOST_TEST(contrast.at("verdict").at("word").as_string() == "faster");
}
