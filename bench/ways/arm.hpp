// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// A way with a name, as plans, tables and users call it, and what these have to know of it. Data: nothing
// asks for an arm by its name to learn what it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "../steps/way.hpp"

namespace trivium::bench {

/// What moves on the connection.
enum class wire {
  plain,  ///< the bytes themselves, so that calls follow from their number
  tls,    ///< records: OpenSSL calls and allocates for each
};

/// Calls for a MiB that is sent where it finds room. They depend on nothing but the code.
struct exact_calls {
  std::uint64_t sends = 1;
  std::optional<std::uint64_t> loop_waits = {};  ///< epoll_wait; none if they may vary
  std::uint64_t bytes_a_loop_wait = 0;           ///< one epoll_wait at most for so many; 0: nothing is said
};

struct arm {
  std::string_view name;
  std::string_view sentence;
  bool is_way = false;  ///< one of the ways among which a user chooses: they are compared with each other
  std::string_view counterpart = {};  ///< the arm that does the same by other means, to be compared with
  bench::wire wire = wire::plain;
  bool for_tests = false;     ///< shows what the instrument sees: nobody is offered it
  bool holds_thread = false;  ///< while an operation waits, its thread can do nothing else: it takes one for
                              ///< each connection
  bool several_threads = false;  ///< with many connections, one for each processor
  bool one_connection = false;   ///< it is not made for several
  bool no_other_work = false;    ///< its thread has no way to do a job of its own besides
  bool buffers = false;  ///< what is sent, or received, passes through buffers of its own, so that a step is
                         ///< no operation
  bool allocates = false;    ///< in a steady state too
  bool misses_ends = false;  ///< an end that comes with the last bytes: only for who waits for an answer
  exact_calls for_a_mib = {};
  std::unique_ptr<way> (*make)() = nullptr;
};

/// An arm whose library was not there when the program was built.
struct arm_left_out {
  std::string_view name;
  std::string_view why;  ///< "libuv1-dev was not installed"
};

}  // namespace trivium::bench
