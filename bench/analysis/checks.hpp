// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What must hold exactly, whatever the machine does: calls and allocations, from trials that count them.
#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "../plan/plan.hpp"
#include "../trial/catalogue.hpp"
#include "../trial/record.hpp"

namespace trivium::bench {

struct check {
  std::string what;
  bool holds = false;
  std::string seen;  ///< the figures
};
BOOST_DESCRIBE_STRUCT(check, (), (what, holds, seen))

/// Every check that the trials allow.
std::vector<check> exact_checks(plan const& of, catalogue const& known,
                                std::vector<trial_record> const& trials);

}  // namespace trivium::bench
