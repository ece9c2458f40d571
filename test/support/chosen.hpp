// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The way and the transport that the command line names, for a text that is compiled once for all of them:
//
//   test.faults --run_test=faults -- nonblocking asio_tcp
//
// `way::` stands for the chosen one as `blocking::` and the others do in a program, and a `pair` is joined by
// the chosen transport. A case that not all of them can pass has a label; CMake leaves it out by that.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <ranges>
#include <span>
#include <string_view>
#include <trivium/detail/async/set_policy.hpp>
#include <trivium/limits.hpp>
#include <trivium/payloads/file.hpp>
#include <trivium/socket.hpp>
#include <trivium/transfer_result.hpp>
#include <utility>
#include <vector>

#include "payloads.hpp"
#include "ways.hpp"

namespace trivium::test {

using sent_pieces = std::span<boost::asio::const_buffer const>;
using received_pieces = std::span<boost::asio::mutable_buffer const>;

/// What a way works on, over whatever transport.
class near_end {
 public:
  near_end() = default;
  near_end(near_end const&) = delete;
  near_end& operator=(near_end const&) = delete;
  virtual ~near_end() = default;

  virtual int native_handle() = 0;
  virtual void close() = 0;

  // The way's verbs; several pieces are a sequence of buffers.
  virtual transfer_result send_some(sent_pieces from, limits const& within) = 0;
  virtual transfer_result send_all(sent_pieces from, limits const& within) = 0;
  virtual transfer_result send(any_source source, limits const& within) = 0;
  virtual transfer_result send_file(file_source from, limits const& within) = 0;
  virtual transfer_result receive_some(received_pieces into, limits const& within) = 0;
  virtual transfer_result receive_all(received_pieces into, limits const& within) = 0;
  virtual transfer_result receive(any_sink sink, limits const& within) = 0;
  virtual transfer_result receive_file(file_sink into, limits const& within) = 0;
  virtual transfer_result finish(limits const& within) = 0;
  /// blocking::receive_all, whatever the way.
  virtual transfer_result receive_all_blocking(boost::asio::mutable_buffer into) = 0;

  /// Its peer.
  virtual socket& far() = 0;
};

/// A way over a transport, behind an interface.
struct way_over {
  std::string_view way, transport;
  /// Whether the connection is a channel, which may hold back what it has taken, and not a descriptor alone.
  bool channel;
  detail::use_of_sets sets;
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

/// As the near end takes it: a sequence of buffers as it is, or one.
template <class Buffer>
class as_pieces {
 public:
  explicit as_pieces(auto& memory) {
    if constexpr (requires { Buffer{*boost::asio::buffer_sequence_begin(memory)}; })
      all_.assign(boost::asio::buffer_sequence_begin(memory), boost::asio::buffer_sequence_end(memory));
    else
      one_ = {std::ranges::data(memory), std::ranges::size(memory) * sizeof(*std::ranges::data(memory))};
  }
  operator std::span<Buffer const>() const {
    return all_.empty() ? std::span<Buffer const>{&one_, 1} : std::span<Buffer const>{all_};
  }

 private:
  Buffer one_;
  std::vector<Buffer> all_;
};
using as_sent = as_pieces<boost::asio::const_buffer>;
using as_received = as_pieces<boost::asio::mutable_buffer>;

inline transfer_result send_some(near_end& to, auto const& from, limits const& within = {}) {
  return to.send_some(as_sent{from}, within);
}
inline transfer_result send_all(near_end& to, auto const& from, limits const& within = {}) {
  return to.send_all(as_sent{from}, within);
}
inline transfer_result send(near_end& to, source auto&& what, limits const& within = {}) {
  return to.send(any_source{what}, within);
}
inline transfer_result send_file(near_end& to, file_source from, limits const& within = {}) {
  return to.send_file(std::move(from), within);
}
inline transfer_result receive_some(near_end& from, auto& into, limits const& within = {}) {
  return from.receive_some(as_received{into}, within);
}
inline transfer_result receive_all(near_end& from, auto& into, limits const& within = {}) {
  return from.receive_all(as_received{into}, within);
}
inline transfer_result receive(near_end& from, sink auto&& what, limits const& within = {}) {
  return from.receive(any_sink{what}, within);
}
inline transfer_result receive_file(near_end& from, file_sink into, limits const& within = {}) {
  return from.receive_file(std::move(into), within);
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
