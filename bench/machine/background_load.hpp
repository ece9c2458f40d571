// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What else ran on this machine, by name: between two samples of the kernel's accounts. A disturbance that is
// only measured leaves the reader to guess; one that is named can be stopped.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace trivium::bench {

struct neighbour {
  int process = 0;
  std::string name;
  double busy = 0;     ///< processors' worth
  int processor = -1;  ///< where it ran last
};
BOOST_DESCRIBE_STRUCT(neighbour, (), (process, name, busy, processor))

/// What ran between two samples. Everything but this process and its children.
struct background_load {
  double seconds = 0;
  double busy = 0;                    ///< processors' worth of foreign work, seen or not
  double steal = 0;                   ///< share of all processors' time that the host took away
  std::vector<neighbour> neighbours;  ///< those of at least a tenth of a processor, the busiest first
};
BOOST_DESCRIBE_STRUCT(background_load, (), (seconds, busy, steal, neighbours))

/// What the kernel has accounted for until now. Takes some milliseconds, more with thousands of processes.
class load_sample {
 public:
  static load_sample now();

  [[nodiscard]] background_load since(load_sample const& before) const;

 private:
  struct process {
    std::string name;
    double used = 0;  // seconds
    int processor = -1;
    bool own = false;
  };

  double at_ = 0;
  double busy_ = 0;
  double steal_ = 0;
  double all_ = 0;
  double own_ = 0;  // of this process, and of its children that have ended
  std::map<int, process> processes_;
};

/// "python3 (process 123) uses 0.98 of a processor, last seen on processor 1"
std::string sentence(neighbour const& one);

}  // namespace trivium::bench
