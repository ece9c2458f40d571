// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's async way: an event loop calls back when an operation has ended.
#include "async.hpp"

#include <array>
#include <trivium/nonblocking.hpp>
#include <trivium/stream.hpp>
#include <trivium/trampoline.hpp>

#include "arm.hpp"
#include "async_coroutine.hpp"
#include "on_loops.hpp"
#include "reading_ahead.hpp"

namespace trivium::bench {

namespace {

struct on_stream : trivium::stream {
  on_stream(lane const& from, executor_type executor)
      : trivium::stream(trivium::socket{from.socket}, std::move(executor)) {}
};

template <class Limits>
using connection = async_connection<on_stream, Limits>;

// As the loops of a trivium::reactor are.
template <class Connection>
using on_reactor = on_loop<Connection, trivium::async::trampoline>;
template <class Connection>
using on_reactors = on_loops<Connection, trivium::async::trampoline>;
using coroutines = lanes_on_loop<coroutine_lane<on_stream>, trivium::async::trampoline>;

// The fast path that the library leaves to the program, since it may run the next thing before the loop has
// turned: an attempt at once, and the async operation only for what is left.
class attempting_first : public connection<unarmed> {
 public:
  using async_connection::async_connection;

  template <class Then>
  std::optional<outcome> send(std::span<std::byte const> bytes, Then then) {
    auto const came = trivium::nonblocking::send_some(stream_, bytes);
    auto at_once = trivium_outcome(came, kept_);
    if (came.error == errc::would_block) at_once.error = {};
    if (at_once.error || at_once.bytes == bytes.size()) return at_once;
    trivium::async::send_all(stream_, bytes.subspan(at_once.bytes), translated(then, at_once.bytes));
    return std::nullopt;
  }
};

}  // namespace

std::span<arm const> async_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "async",
          .sentence = "trivium::async: nobody waits, an event loop calls back",
          .is_way = true,
          .counterpart = "asio.async_write",
          .for_a_mib = {.bytes_a_loop_wait = trivium::async::budget},
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_reactor<connection<unarmed>>>()); }},
      arm{.name = "async.io_context",
          .sentence = "the same on a loop without a trampoline, as an io_context of a program's own is",
          .for_a_mib = {.loop_waits = 1},
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_loop<connection<unarmed>>>()); }},
      arm{.name = "async.inline",
          .sentence = "nonblocking::send_some at once, and trivium::async for what it left",
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_reactor<attempting_first>>()); }},
      arm{.name = "async.coroutine",
          .sentence = "trivium::async in a coroutine: co_await with use_awaitable",
          .counterpart = "async",
          .allocates = true,
          .for_a_mib = {.bytes_a_loop_wait = trivium::async::budget},
          .make = [] { return std::unique_ptr<way>(std::make_unique<coroutines>()); }},
      arm{.name = "async.loops",
          .sentence =
              "trivium::async on a loop for each processor, and the connections shared out among them",
          .counterpart = "asio.async_write.shared",
          .several_threads = true,
          .for_a_mib = {.bytes_a_loop_wait = trivium::async::budget},
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_reactors<connection<unarmed>>>()); }},
      arm{.name = "async.ahead",
          .sentence =
              "trivium::async taking what has arrived, and keeping what is left over for the next step",
          .counterpart = "asio.async_write.ahead",
          .buffers = true,
          .for_a_mib = {.bytes_a_loop_wait = trivium::async::budget},
          .make =
              [] {
                return std::unique_ptr<way>(
                    std::make_unique<on_reactor<reading_ahead<connection<unarmed>>>>());
              }},
      arm{.name = "async.limits",
          .sentence = "async with timeout, stall_timeout, min_rate and a stop token armed",
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_reactor<connection<armed>>>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
