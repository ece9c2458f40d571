// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A child process: spawned where it is to run, listened to, and ended.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "../steps/clock.hpp"
#include "../steps/descriptor.hpp"
#include "channel.hpp"

namespace trivium::bench {

/// The descriptor on which a child finds its control channel.
inline constexpr int control_descriptor = 3;

struct launch_options {
  std::string program;                 ///< started with the one argument `trial`
  std::vector<int> processors;         ///< it may run on these; empty: on those of the coordinator
  std::optional<std::string> preload;  ///< a library
};

class child {
 public:
  /// Spawns it; throws `infrastructure_error`.
  child(std::string called, launch_options const& options);
  child(child const&) = delete;
  child& operator=(child const&) = delete;
  /// A child that is still there is killed.
  ~child();

  [[nodiscard]] std::string const& called() const { return called_; }
  [[nodiscard]] channel& control() { return control_; }

  /// Waits for it to end, kills it at `limit`, and says how it ended; for a child that has hung up.
  std::string how_it_ended(time_point limit);

  /// The end of what it wrote to standard error.
  [[nodiscard]] std::string last_words() const;

 private:
  std::string called_;
  descriptor words_;  // memory: however much a child writes, it never waits for us to read
  channel control_;
  pid_t process_ = -1;
};

/// The running program, and the counting library beside it if it was built.
std::string this_program();
std::optional<std::string> counting_library();

}  // namespace trivium::bench
