// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// libuv as its guide shows it: reading goes on until it is stopped, a write is tried at once, and what is
// left of it is handed over.
#include <uv.h>

#include <array>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>

#include "../steps/other_work.hpp"
#include "arm.hpp"
#include "in_turn.hpp"

namespace trivium::bench {

namespace {

void must(int answer, char const* what) {
  if (answer < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(answer));
}

class uv_connection {
 public:
  uv_connection(uv_loop_t& loop, lane const& from) : what_(*from.what) {
    must(uv_tcp_init(&loop, &socket_), "uv_tcp_init");
    must(uv_tcp_open(&socket_, from.socket), "uv_tcp_open");
    must(uv_timer_init(&loop, &timer_), "uv_timer_init");
    socket_.data = timer_.data = write_.data = this;
  }
  uv_connection(uv_connection const&) = delete;
  uv_connection& operator=(uv_connection const&) = delete;

  void start() {
    last_.now = clock::now();
    go_on();
  }

 private:
  static uv_connection& of(void* data) { return *static_cast<uv_connection*>(data); }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket_); }

  void end_and_go_on() {
    end_step(last_, asked_, so_far_);
    go_on();
  }

  void go_on() {
    for (;;) {
      asked_ = what_.next(last_);
      so_far_ = {};
      switch (asked_.what) {
        case step::kind::receive:
        case step::kind::receive_some:
          if (take()) break;
          return read();
        case step::kind::send:
          if (write()) break;
          return;
        case step::kind::wait_until:
          stop_reading();
          return sleep();
        case step::kind::work:
          keep_busy(asked_.lasting);
          break;
        case step::kind::start:
        case step::kind::done:
          uv_close(reinterpret_cast<uv_handle_t*>(&socket_), nullptr);
          uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
          return;
      }
      end_step(last_, asked_, so_far_);
    }
  }

  std::span<std::byte> left() const { return asked_.bytes.subspan(so_far_.bytes); }
  bool satisfied() const {
    return so_far_.bytes >= (asked_.what == step::kind::receive ? asked_.bytes.size() : 1);
  }

  /// Of what was read ahead.
  bool take() {
    auto const n = std::min(left().size(), held_.size());
    if (n != 0) std::memcpy(left().data(), held_.data(), n);
    so_far_.bytes += n;
    held_ = held_.subspan(n);
    return satisfied();
  }

  void read() {
    if (reading_) return;
    reading_ = true;
    must(
        uv_read_start(
            stream(), [](uv_handle_t* from, std::size_t, uv_buf_t* into) { of(from->data).give_room(*into); },
            [](uv_stream_t* from, ssize_t n, uv_buf_t const* into) { of(from->data).came(n, into->base); }),
        "uv_read_start");
  }

  void stop_reading() {
    if (reading_) uv_read_stop(stream());
    reading_ = false;
  }

  void give_room(uv_buf_t& into) {
    auto const direct = left().size() >= room_.size();
    auto const room = direct ? left() : std::span(room_);
    into = uv_buf_init(reinterpret_cast<char*>(room.data()), static_cast<unsigned>(room.size()));
  }

  void came(ssize_t n, char const* at) {
    if (n == 0) return;  // EAGAIN
    if (n == UV_EOF) {
      reading_ = false;
      so_far_.end_of_stream = true;
    } else if (n < 0) {
      so_far_.error = {static_cast<int>(-n), boost::system::system_category()};
    } else if (at == reinterpret_cast<char const*>(room_.data())) {
      held_ = std::span(room_).first(static_cast<std::size_t>(n));
      if (!take()) return;
    } else {
      so_far_.bytes += static_cast<std::size_t>(n);
      if (!satisfied()) return;
    }
    end_and_go_on();
  }

  /// Whether all of it was written at once.
  bool write() {
    auto buffer = [this] {
      return uv_buf_init(reinterpret_cast<char*>(left().data()), static_cast<unsigned>(left().size()));
    };
    auto all = buffer();
    auto const n = uv_try_write(stream(), &all, 1);
    if (n < 0 && n != UV_EAGAIN) {
      so_far_.error = {-n, boost::system::system_category()};
      return true;
    }
    if (n > 0) so_far_.bytes += static_cast<std::size_t>(n);
    if (left().empty()) return true;
    stop_reading();
    auto rest = buffer();
    must(uv_write(&write_, stream(), &rest, 1,
                  [](uv_write_t* done, int status) { of(done->data).written(status); }),
         "uv_write");
    return false;
  }

  void written(int status) {
    if (status == UV_ECANCELED) return;
    if (status < 0)
      so_far_.error = {-status, boost::system::system_category()};
    else
      so_far_.bytes = asked_.bytes.size();
    end_and_go_on();
  }

  void sleep() {
    auto const lasting = std::max(std::chrono::ceil<std::chrono::milliseconds>(asked_.at - clock::now()),
                                  std::chrono::milliseconds(0));
    uv_update_time(timer_.loop);
    must(uv_timer_start(
             &timer_, [](uv_timer_t* due) { of(due->data).end_and_go_on(); },
             static_cast<std::uint64_t>(lasting.count()), 0),
         "uv_timer_start");
  }

  uv_tcp_t socket_;
  uv_timer_t timer_;
  uv_write_t write_;
  script& what_;
  step asked_;
  outcome so_far_;
  event last_;
  bool reading_ = false;
  std::array<std::byte, 1024> room_;
  std::span<std::byte> held_;
};

class on_libuv final : public way {
 public:
  void run(std::span<lane const> lanes, tally&) override {
    uv_loop_t loop;
    must(uv_loop_init(&loop), "uv_loop_init");
    std::deque<uv_connection> connections;
    for (auto const& each : lanes) {
      if (!has_socket(each)) throw std::invalid_argument("libuv is measured without other work");
      connections.emplace_back(loop, each);
    }
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
