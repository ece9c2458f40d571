// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's asynchronous operations with handlers over any stream.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "asio_outcome.hpp"
#include "on_loop.hpp"

namespace trivium::bench {

/// A `Stream` is made from a lane and a context and says what came.
template <class Stream, class Condition>
class asio_connection {
 public:
  asio_connection(boost::asio::io_context& loop, lane const& from, tally&) : stream_{from, loop} {}

  template <class Then>
  std::nullopt_t send(std::span<std::byte> bytes, Then then) {
    boost::asio::async_write(stream_, boost::asio::buffer(bytes.data(), bytes.size()), Condition{},
                             translated(then));
    return std::nullopt;
  }

  template <class Then>
  std::nullopt_t receive(std::span<std::byte> bytes, Then then) {
    boost::asio::async_read(stream_, boost::asio::buffer(bytes.data(), bytes.size()), Condition{},
                            translated(then));
    return std::nullopt;
  }

  template <class Then>
  std::nullopt_t receive_some(std::span<std::byte> bytes, Then then) {
    stream_.async_read_some(boost::asio::buffer(bytes.data(), bytes.size()), translated(then));
    return std::nullopt;
  }

  void close() {
    boost::system::error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

 protected:
  template <class Then>
  static auto translated(Then then) {
    return [then](boost::system::error_code error, std::size_t n) { then(Stream::came(error, n)); };
  }

  Stream stream_;
};

}  // namespace trivium::bench
