// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The Asio of the folder that ASIO_ROOT names, without Boost, configured as it is fastest for one thread. It
// reads ahead, so that a short read can tell its reactor that no input is left. (With that setting it waits
// for ever where the peer's end came together with the bytes of a short read, since no other edge follows.)
#include <algorithm>
#include <array>
#include <asio.hpp>
#include <deque>
#include <memory>

#include "arm.hpp"
#include "in_turn.hpp"
#include "read_ahead.hpp"
#include "stepped.hpp"

namespace trivium::bench {

namespace {

class asio_root_connection : public stepped<asio_root_connection> {
  friend stepped<asio_root_connection>;

 public:
  asio_root_connection(::asio::io_context& loop, lane const& from)
      : stepped(*from.what), socket_(loop, ::asio::ip::tcp::v4(), from.socket), timer_(loop) {}

 private:
  static boost::system::error_code error(std::error_code const& of) {
    return {of.value(), boost::system::system_category()};
  }

  bool receive() {
    if (take()) return true;
    auto const into = left().size() >= ahead_.room().size() ? left() : ahead_.room();
    socket_.async_read_some(::asio::buffer(into.data(), into.size()),
                            [this, held = into.data() == ahead_.room().data()](
                                std::error_code const& failed, std::size_t n) { on_read(failed, n, held); });
    return false;
  }

  bool take() {
    so_far_.bytes += ahead_.take(left());
    return so_far_.bytes >= enough();
  }

  void on_read(std::error_code const& failed, std::size_t n, bool held) {
    if (failed == ::asio::error::eof) {
      so_far_.end_of_stream = true;
    } else if (failed) {
      so_far_.error = error(failed);
    } else if (held) {
      ahead_.hold(n);
      if (!receive()) return;
    } else {
      so_far_.bytes += n;
      if (so_far_.bytes < enough() && !receive()) return;
    }
    end_and_go_on();
  }

  bool send() {
    auto const all = left();
    ::asio::async_write(socket_, ::asio::buffer(all.data(), all.size()),
                        [this](std::error_code const& failed, std::size_t n) {
                          so_far_.bytes = n;
                          if (failed) so_far_.error = error(failed);
                          end_and_go_on();
                        });
    return false;
  }

  void sleep() {
    timer_.expires_at(asked_.at);
    timer_.async_wait([this](std::error_code const&) { end_and_go_on(); });
  }

  void close() {
    std::error_code ignored;
    socket_.close(ignored);
  }

  ::asio::ip::tcp::socket socket_;
  ::asio::steady_timer timer_;
  read_ahead ahead_;
};

class on_asio_root final : public way {
 public:
  void run(std::span<lane const> lanes, tally&) override {
    refuse_other_work(lanes);
#if ASIO_VERSION >= 103600  // an older one has no such settings
    ::asio::io_context loop(
        ::asio::config_from_string("scheduler.concurrency_hint=1\n"
                                   "scheduler.locking=0\n"
                                   "reactor.registration_locking=0\n"
                                   "reactor.io_locking=0\n"
                                   "reactor.reset_edge_on_partial_read=1\n"));
#else
    ::asio::io_context loop(1);
#endif
    std::deque<asio_root_connection> connections;
    for (auto const& each : lanes) connections.emplace_back(loop, each);
    for (auto& each : connections) ::asio::post(loop, [&each] { each.start(); });
    loop.run();
  }
};

}  // namespace

std::span<arm const> asio_root_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "asio.root",
          .sentence =
              "the Asio that ASIO_ROOT names, configured for one thread: async_read_some and async_write",
          .no_other_work = true,
          .allocates = true,
          .misses_ends = true,
          .for_a_mib = {.sends = 16},
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_asio_root>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
