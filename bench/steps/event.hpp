// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// How a step ended, as the way that executed it saw it.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>

#include "step.hpp"

namespace trivium::bench {

struct event {
  step::kind finished = step::kind::start;
  std::size_t bytes = 0;       ///< moved by the step, also when it failed
  bool end_of_stream = false;  ///< the peer has finished: an answer, not an error
  boost::system::error_code error = {};
  time_point now = {};  ///< read once, after the step; of an untimed one that went well, of the step before
};

}  // namespace trivium::bench
