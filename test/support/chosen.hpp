// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The way and the transport that the command line names, for a text that is compiled once for all of them:
//
//   test.faults --run_test=faults -- nonblocking asio_tcp
//
// `way::` stands for the chosen one as `blocking::` and the others do in a program, and a `pair` is joined by
// the chosen transport. A case that not all of them can pass has a label; CMake leaves it out by that.
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string_view>
#include <trivium/limits.hpp>
#include <trivium/socket.hpp>
#include <trivium/step.hpp>
#include <trivium/transfer_result.hpp>

#include "ways.hpp"

namespace trivium::test {

/// What a way works on, over whatever transport.
class near_end {
 public:
  near_end() = default;
  near_end(near_end const&) = delete;
  near_end& operator=(near_end const&) = delete;
  virtual ~near_end() = default;

  virtual int native_handle() = 0;
  virtual void close() = 0;

  /// The transfer, turned to its end by the way.
  virtual transfer_result complete(memory_source from, limits const& within) = 0;
  virtual transfer_result complete(memory_sink into, limits const& within) = 0;
  virtual transfer_result finish(limits const& within) = 0;
  /// Blocking, whatever the way.
  virtual transfer_result complete_blocking(memory_sink into) = 0;

  /// Its peer.
  virtual socket& far() = 0;
};

/// A way over a transport, behind an interface.
struct way_over {
  std::string_view way, transport;
  /// Whether the connection is a channel, which may hold back what it has taken, and not a descriptor alone.
  bool channel;
  std::unique_ptr<near_end> (*join)(int buffer_bytes);
};

/// What the command line names. The program does not begin without.
way_over const& chosen();

template <class Way>
bool chosen_way_is() {
  return chosen().way == Way::name;
}

/// Two connected ends, the near one for the chosen way. As `loopback`, which is for one known at compile
/// time.
class pair {
  std::unique_ptr<near_end> const end_;

 public:
  explicit pair(int buffer_bytes = 0) : end_{chosen().join(buffer_bytes)}, near{*end_}, far{end_->far()} {}

  near_end& near;
  socket& far;
};

namespace way {

inline transfer_result send_some(near_end& to, auto const& from, limits const& within = {}) {
  return to.complete(sending_some(from), within);
}
inline transfer_result send_all(near_end& to, auto const& from, limits const& within = {}) {
  return to.complete(sending(from), within);
}
inline transfer_result receive_some(near_end& from, auto& into, limits const& within = {}) {
  return from.complete(receiving_some(into), within);
}
inline transfer_result receive_all(near_end& from, auto& into, limits const& within = {}) {
  return from.complete(receiving(into), within);
}
inline transfer_result finish(near_end& with, limits const& within = {}) {
  return with.finish(within);
}

}  // namespace way

/// For ways whose thread waits itself; for the one that a loop calls back; once for each way, over TCP.
inline boost::unit_test::label const of_waiting_ways{"waiting"};
inline boost::unit_test::label const of_async{"called_back"};
inline boost::unit_test::label const of_ways_over_tcp{"ways_over_tcp"};

}  // namespace trivium::test
