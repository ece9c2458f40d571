// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's synchronous operations, as its documentation shows them. The context is never run: a socket
// that belongs to a running one would be woken for nothing.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "arm.hpp"
#include "asio_outcome.hpp"
#include "in_turn.hpp"

namespace trivium::bench {

namespace {

namespace asio = boost::asio;

using transfer_all = decltype(asio::transfer_all());  // Asio's default

template <class Condition>
class operations {
 public:
  explicit operations(int socket) { socket_.assign(asio::ip::tcp::v4(), socket); }

  outcome send(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n = asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), Condition{}, error);
    return asio_outcome(error, n);
  }

  outcome receive(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n = asio::read(socket_, asio::buffer(bytes.data(), bytes.size()), Condition{}, error);
    return asio_outcome(error, n);
  }

  outcome receive_some(std::span<std::byte> bytes) {
    boost::system::error_code error;
    auto const n = socket_.read_some(asio::buffer(bytes.data(), bytes.size()), error);
    return asio_outcome(error, n);
  }

 private:
  asio::io_context never_run_{1};
  asio::ip::tcp::socket socket_{never_run_};
};

template <class Condition>
class asio_write final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    auto const& connection = only_connection(lanes);
    other_work others(lanes, kept);
    operations<Condition> does(connection.socket);
    in_turn(*connection.what, others, does);
  }
};

}  // namespace

std::span<arm const> asio_write_arms() {
  static constexpr auto arms = std::array{
      arm{"asio.write", "boost::asio::write and read: Boost.Asio's own blocking loop, 64 KiB a call",
          [] { return std::unique_ptr<way>(std::make_unique<asio_write<transfer_all>>()); }},
      arm{"asio.write.uncapped", "the same with a completion condition that lifts the 64 KiB",
          [] { return std::unique_ptr<way>(std::make_unique<asio_write<uncapped>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
