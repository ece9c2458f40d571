// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// libuv as its guide shows it: reading goes on until it is stopped, a write is tried at once, and what is
// left of it is handed over.
#include <uv.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>

#include "arm.hpp"
#include "in_turn.hpp"
#include "read_ahead.hpp"
#include "stepped.hpp"

namespace trivium::bench {

namespace {

void must(int answer, char const* what) {
  if (answer < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(answer));
}

class uv_connection : public stepped<uv_connection> {
  friend stepped<uv_connection>;

 public:
  uv_connection(uv_loop_t& loop, lane const& from) : stepped(*from.what) {
    must(uv_tcp_init(&loop, &socket_), "uv_tcp_init");
    must(uv_tcp_open(&socket_, from.socket), "uv_tcp_open");
    must(uv_timer_init(&loop, &timer_), "uv_timer_init");
    socket_.data = timer_.data = write_.data = this;
  }

 private:
  static uv_connection& of(void* data) { return *static_cast<uv_connection*>(data); }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket_); }

  static uv_buf_t buffer(std::span<std::byte> bytes) {
    return uv_buf_init(reinterpret_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  }
  static boost::system::error_code error(ssize_t answer) {
    return {static_cast<int>(-answer), boost::system::system_category()};
  }

  bool receive() {
    if (take()) return true;
    if (reading_) return false;
    reading_ = true;
    must(uv_read_start(
             stream(),
             [](uv_handle_t* from, std::size_t, uv_buf_t* into) { *into = buffer(of(from->data).room()); },
             [](uv_stream_t* from, ssize_t n, uv_buf_t const* into) { of(from->data).on_read(n, *into); }),
         "uv_read_start");
    return false;
  }

  void stop_reading() {
    if (reading_) uv_read_stop(stream());
    reading_ = false;
  }

  bool take() {
    so_far_.bytes += ahead_.take(left());
    return so_far_.bytes >= enough();
  }

  std::span<std::byte> room() { return left().size() >= ahead_.room().size() ? left() : ahead_.room(); }

  void on_read(ssize_t n, uv_buf_t const& into) {
    if (n == 0) return;  // EAGAIN
    if (n == UV_EOF) {
      reading_ = false;
      so_far_.end_of_stream = true;
    } else if (n < 0) {
      so_far_.error = error(n);
    } else {
      auto const moved = static_cast<std::size_t>(n);
      if (into.base == buffer(ahead_.room()).base)
        ahead_.hold(moved);
      else
        so_far_.bytes += moved;
      if (!take()) return;
    }
    end_and_go_on();
  }

  bool send() {
    auto all = buffer(left());
    auto const n = uv_try_write(stream(), &all, 1);
    if (n < 0 && n != UV_EAGAIN) {
      so_far_.error = error(n);
      return true;
    }
    if (n > 0) so_far_.bytes += static_cast<std::size_t>(n);
    if (left().empty()) return true;
    stop_reading();
    auto rest = buffer(left());
    must(uv_write(&write_, stream(), &rest, 1,
                  [](uv_write_t* done, int status) { of(done->data).on_written(status); }),
         "uv_write");
    return false;
  }

  void on_written(int status) {
    if (status == UV_ECANCELED) return;
    if (status < 0)
      so_far_.error = error(status);
    else
      so_far_.bytes = asked_.bytes.size();
    end_and_go_on();
  }

  void sleep() {
    stop_reading();
    auto const lasting = std::max(std::chrono::ceil<std::chrono::milliseconds>(asked_.at - clock::now()),
                                  std::chrono::milliseconds(0));
    uv_update_time(timer_.loop);
    must(uv_timer_start(
             &timer_, [](uv_timer_t* due) { of(due->data).end_and_go_on(); },
             static_cast<std::uint64_t>(lasting.count()), 0),
         "uv_timer_start");
  }

  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&socket_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
  }

  uv_tcp_t socket_;
  uv_timer_t timer_;
  uv_write_t write_;
  bool reading_ = false;
  read_ahead ahead_;
};

class on_libuv final : public way {
 public:
  void run(std::span<lane const> lanes, tally&) override {
    refuse_other_work(lanes);
    uv_loop_t loop;
    must(uv_loop_init(&loop), "uv_loop_init");
    std::deque<uv_connection> connections;
    for (auto const& each : lanes) connections.emplace_back(loop, each);
    for (auto& each : connections) each.start();
    uv_run(&loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&loop), "uv_loop_close");  // EBUSY if a connection has not ended
  }
};

}  // namespace

std::span<arm const> libuv_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "libuv",
          .sentence = "libuv: uv_read_start, and uv_try_write at once",
          .no_other_work = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_libuv>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
