// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What about this machine would spoil an answer, and what to do about it. It runs by itself before every run,
// and what it finds is part of the result.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <string>
#include <vector>

#include "environment.hpp"

namespace trivium::bench {

enum class weight {
  fact,     ///< as it should be
  missing,  ///< something is not measured
  beware,   ///< widens intervals, or bends what is measured
  spoils,   ///< an answer from here is not to be believed
};
BOOST_DESCRIBE_ENUM(weight, fact, missing, beware, spoils)

struct finding {
  std::string subject;
  bench::weight weight = weight::fact;
  std::string says;
  std::string advice;  ///< empty for a fact
};
BOOST_DESCRIBE_STRUCT(finding, (), (subject, weight, says, advice))

std::vector<finding> findings_about(environment const& here);

/// Each on a line; facts only if they are asked for.
enum class facts { shown, left_out };
std::string doctor_text(std::vector<finding> const& found, facts which);

}  // namespace trivium::bench
