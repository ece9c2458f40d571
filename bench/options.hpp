// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What the user asked for, checked.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "plan/list.hpp"
#include "trial/catalogue.hpp"

namespace trivium::bench {

struct run_request {
  std::string plan = "quick";
  plan_options choice;
  std::string json;  ///< where to; empty: under build/bench/
};

struct list_request {};

struct report_request {
  std::string file;
};

struct simulate_request {
  std::uint64_t runs = 10'000;
};

struct doctor_request {
  std::string congestion = "cubic";
};

/// Nothing to run: what to print, and how the program ends. Help is no mistake.
struct usage {
  std::string text;
  bool mistake = true;
};

using request =
    std::variant<run_request, report_request, list_request, doctor_request, simulate_request, usage>;

/// `seed` is used unless the user gives one.
request parse_options(int argc, char const* const* argv, catalogue const& known, std::uint64_t seed);

}  // namespace trivium::bench
