// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A trial that could not be held: a child that died, or did not answer in time. Says nothing about any way.
#pragma once

#include <stdexcept>

namespace trivium::bench {

class infrastructure_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked to stop. Not an error: whole rounds are kept.
class interrupted {};

}  // namespace trivium::bench
