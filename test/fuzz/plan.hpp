// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What one session is, decided from its seed before it begins.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string>

#include "operation.hpp"
#include "randomness.hpp"

namespace trivium::fuzz {

enum class transport { tcp, local, asio_tcp, asio_local, tls };
inline constexpr transport all_transports[] = {transport::tcp, transport::local, transport::asio_tcp,
                                               transport::asio_local, transport::tls};
char const* name_of(transport what);
constexpr bool is_local(transport what) noexcept {
  return what == transport::local || what == transport::asio_local;
}

/// What bounds one of the far end's directions in speed.
struct pace {
  std::size_t most_at_once = 0;
  microseconds before{};  // the first byte
  unsigned rests = 0;     // after so many of a hundred calls
  microseconds rest{};    // for so long
  microseconds in_all{};  // it rests; then it goes as fast as it can
};

/// How the far end's connection ends.
enum class ending {
  finishes,  ///< ends its sending when all is sent, and reads to our end
  waits,     ///< the same, but ends its sending only after our end
  cuts,      ///< TLS: ends its sending without saying so, and reads to our end
  closes,    ///< somewhere in the middle, whatever has arrived
  resets,    ///< somewhere in the middle
};

struct far_plan {
  pace reads, writes;
  // It does not begin before an operation of ours is over that nothing but its limits, or a stop, could end.
  bool reads_later = false, writes_later = false;
  ending how = ending::finishes;
  /// In the middle: when so much has been read, or written.
  std::size_t ends_at_read = std::numeric_limits<std::size_t>::max();
  std::size_t ends_at_written = std::numeric_limits<std::size_t>::max();

  // Of TLS.
  bool server = true;
  bool oldest_version = false;  // 1.2 instead of 1.3
  unsigned tickets = 0;         // a server's
  std::size_t record = 16384;
  unsigned key_update_after = 0;  // so many writes, again and again; 0: never
  unsigned key_updates = 1;       // in a row
  bool asks_for_keys = false;     // and ours are to be new too

  std::uint64_t seed = 0;  // for what is decided on the way

  bool kills() const noexcept { return how == ending::closes || how == ending::resets; }
};

/// What the near end does in one direction.
struct near_plan {
  std::size_t begin = 0, bytes = 0;  // of all_content
  way by = way::blocking;
  std::size_t largest = 1;  // that one operation is asked for
  bool limited = true;      // whether limits and stops end operations
  std::uint64_t seed = 0;   // for what is decided on the way
};

/// Where asynchronous operations wait: in Asio's reactor, in the loop's interest set, or now here, now there.
enum class waits_in { reactor, set, either };

/// What the command line rules out.
struct allowed {
  bool asked_key_updates = true;
  std::optional<transport> only;
};

struct plan {
  /// Of one direction, at most.
  static constexpr std::size_t most_bytes = std::size_t{2} << 20;

  plan(std::uint64_t of_seed, allowed const& what);

  std::uint64_t seed;
  transport over = transport::tcp;
  int buffer_bytes = 0;  // of the kernel, each side; 0: its own choice
  near_plan sends, receives;
  far_plan far;

  bool begins_with_handshake = false;
  bool finishes = true;  // else the near end closes when all is sent and received
  std::size_t quits_at = std::numeric_limits<std::size_t>::max();  // no receive after so many bytes
  carriage carried;
  std::optional<std::uint64_t> faults;  // the kernel's answers are made worse
  waits_in in = waits_in::reactor;
};

std::ostream& operator<<(std::ostream& to, plan const& what);
std::ostream& operator<<(std::ostream& to, way what);
std::ostream& operator<<(std::ostream& to, ending what);
std::ostream& operator<<(std::ostream& to, transport what);

}  // namespace trivium::fuzz
