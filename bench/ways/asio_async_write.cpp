// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's asynchronous operations with handlers, as its documentation shows them.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "arm.hpp"
#include "asio_outcome.hpp"
#include "on_loop.hpp"

namespace trivium::bench {

namespace {

namespace asio = boost::asio;

using transfer_all = decltype(asio::transfer_all());  // Asio's default

template <class Condition>
class connection {
 public:
  connection(asio::io_context& loop, int socket, tally&) : socket_(loop, asio::ip::tcp::v4(), socket) {}

  template <class Then>
  std::nullopt_t send(std::span<std::byte> bytes, Then then) {
    asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), Condition{}, translated(then));
    return std::nullopt;
  }

  template <class Then>
  std::nullopt_t receive(std::span<std::byte> bytes, Then then) {
    asio::async_read(socket_, asio::buffer(bytes.data(), bytes.size()), Condition{}, translated(then));
    return std::nullopt;
  }

  template <class Then>
  std::nullopt_t receive_some(std::span<std::byte> bytes, Then then) {
    socket_.async_read_some(asio::buffer(bytes.data(), bytes.size()), translated(then));
    return std::nullopt;
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  template <class Then>
  static auto translated(Then then) {
    return [then](boost::system::error_code error, std::size_t n) { then(asio_outcome(error, n)); };
  }

  asio::ip::tcp::socket socket_;
};

}  // namespace

std::span<arm const> asio_async_write_arms() {
  static constexpr auto arms = std::array{
      arm{"asio.async_write", "boost::asio::async_write and async_read with handlers, 64 KiB a call",
          [] { return std::unique_ptr<way>(std::make_unique<on_loop<connection<transfer_all>>>()); }},
      arm{"asio.async_write.uncapped", "the same with a completion condition that lifts the 64 KiB",
          [] { return std::unique_ptr<way>(std::make_unique<on_loop<connection<uncapped>>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
