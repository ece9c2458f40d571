// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's synchronous operations over any stream, which is made from a lane and a context and says what
// came. The context is never run: a socket that belongs to a running one would be woken for nothing.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "asio_outcome.hpp"
#include "in_turn.hpp"

namespace trivium::bench {

template <class Stream, class Condition>
class asio_operations {
 public:
  explicit asio_operations(lane const& from) : stream_{from, never_run_} {}

  outcome send(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n =
        boost::asio::write(stream_, boost::asio::buffer(bytes.data(), bytes.size()), Condition{}, error);
    return Stream::came(error, n);
  }

  outcome receive(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n =
        boost::asio::read(stream_, boost::asio::buffer(bytes.data(), bytes.size()), Condition{}, error);
    return Stream::came(error, n);
  }

  outcome receive_some(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n = stream_.read_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
    return Stream::came(error, n);
  }

 private:
  boost::asio::io_context never_run_{1};
  Stream stream_;
};

template <class Stream, class Condition>
class asio_write final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    a_thread_each(lanes, kept, [](lane const& connection, other_work& others, tally&) {
      asio_operations<Stream, Condition> does(connection);
      in_turn(*connection.what, others, does);
    });
  }
};

}  // namespace trivium::bench
