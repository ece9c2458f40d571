// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's asynchronous operations with handlers, as its documentation shows them.
#include "asio_async_write.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>

#include "arm.hpp"
#include "on_loops.hpp"
#include "reading_ahead.hpp"

namespace trivium::bench {

namespace {

namespace asio = boost::asio;

struct on_socket : asio::ip::tcp::socket {
  on_socket(lane const& from, asio::io_context& on)
      : asio::ip::tcp::socket{on, asio::ip::tcp::v4(), from.socket} {}
  static constexpr auto came = asio_outcome;
};

// Handlers of one connection must not run at the same time where several threads run the loop.
using strand = asio::strand<asio::io_context::executor_type>;
struct on_strand : asio::basic_stream_socket<asio::ip::tcp, strand> {
  on_strand(lane const& from, asio::io_context& on)
      : asio::basic_stream_socket<asio::ip::tcp, strand>{asio::make_strand(on), asio::ip::tcp::v4(),
                                                         from.socket} {}
  static constexpr auto came = asio_outcome;
};

template <class Condition>
using connection = asio_connection<on_socket, Condition>;

}  // namespace

std::span<arm const> asio_async_write_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "asio.async_write",
          .sentence = "boost::asio::async_write and async_read with handlers, 64 KiB a call",
          .for_a_mib = {.sends = 16, .loop_waits = 16},
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_loop<connection<transfer_all>>>()); }},
      arm{.name = "asio.async_write.ahead",
          .sentence = "async_write, and async_read_some of what has arrived, which is kept for the next step",
          .buffers = true,
          .for_a_mib = {.sends = 16, .loop_waits = 16},
          .make =
              [] {
                return std::unique_ptr<way>(
                    std::make_unique<on_loop<reading_ahead<connection<transfer_all>>>>());
              }},
      arm{.name = "asio.async_write.shared",
          .sentence = "async_write on one io_context run by a thread for each processor, a strand for each "
                      "connection",
          .several_threads = true,
          .for_a_mib = {.sends = 16, .loop_waits = 16},
          .make =
              [] {
                return std::unique_ptr<way>(
                    std::make_unique<on_shared_loop<asio_connection<on_strand, transfer_all>>>());
              }},
      arm{.name = "asio.async_write.uncapped",
          .sentence = "async_write and async_read with a completion condition that lifts the 64 KiB",
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_loop<connection<uncapped>>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
