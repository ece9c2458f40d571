// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// libevent's bufferevents as its book shows them: what is written goes into a buffer, which the loop empties.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "arm.hpp"
#include "in_turn.hpp"
#include "stepped.hpp"

namespace trivium::bench {

namespace {

// More than this in the buffer is more than a program would let gather.
constexpr std::size_t most_buffered = 64 * 1024;

// For an error that has left no errno.
boost::system::error_code const lost{ECONNABORTED, boost::system::system_category()};

struct freed {
  void operator()(event_base* base) const { event_base_free(base); }
  void operator()(bufferevent* buffers) const { bufferevent_free(buffers); }
  void operator()(::event* timer) const { event_free(timer); }
};

template <class T>
T* must(T* made, char const* what) {
  if (made == nullptr) throw std::runtime_error(std::string(what) + " failed");
  return made;
}

class buffered_connection : public stepped<buffered_connection> {
  friend stepped<buffered_connection>;

 public:
  buffered_connection(event_base* loop, lane const& from)
      : stepped(*from.what),
        buffers_(
            must(bufferevent_socket_new(loop, from.socket, BEV_OPT_CLOSE_ON_FREE), "bufferevent_socket_new")),
        timer_(must(evtimer_new(
                        loop, [](evutil_socket_t, short, void* who) { of(who).end_and_go_on(); }, this),
                    "evtimer_new")) {
    evutil_make_socket_nonblocking(from.socket);
    bufferevent_setcb(
        buffers_.get(), [](bufferevent*, void* who) { of(who).on_read(); },
        [](bufferevent*, void* who) { of(who).on_written(); },
        [](bufferevent*, short what, void* who) { of(who).on_event(what); }, this);
    bufferevent_enable(buffers_.get(), EV_READ | EV_WRITE);
  }

  [[nodiscard]] bool is_closed() const { return buffers_ == nullptr; }

 private:
  static buffered_connection& of(void* who) { return *static_cast<buffered_connection*>(who); }

  bool receive() {
    if (take()) return true;
    waits_ = waits_for::data;
    return false;
  }

  bool send() {
    so_far_.error = failed_;
    if (failed_) return true;
    if (bufferevent_write(buffers_.get(), asked_.bytes.data(), asked_.bytes.size()) != 0)
      throw std::bad_alloc();
    so_far_.bytes = asked_.bytes.size();
    if (buffered() <= most_buffered) return true;
    waits_ = waits_for::room;
    return false;
  }

  void sleep() {
    auto const lasting = std::max(std::chrono::ceil<std::chrono::microseconds>(asked_.at - clock::now()),
                                  std::chrono::microseconds(0));
    timeval const most{.tv_sec = lasting.count() / 1'000'000, .tv_usec = lasting.count() % 1'000'000};
    evtimer_add(timer_.get(), &most);
  }

  // Not before what was written is sent.
  void close() {
    if (buffered() == 0 || failed_) return free_all();
    waits_ = waits_for::the_last;
  }

  void free_all() {
    buffers_.reset();
    timer_.reset();
  }

  std::size_t buffered() const { return evbuffer_get_length(bufferevent_get_output(buffers_.get())); }

  bool take() {
    so_far_.bytes += bufferevent_read(buffers_.get(), left().data(), left().size());
    if (so_far_.bytes >= enough()) return true;
    so_far_.error = failed_;
    so_far_.end_of_stream = ended_;
    return ended_ || failed_;
  }

  void resume() {
    waits_ = waits_for::nothing;
    end_and_go_on();
  }

  void on_read() {
    if (waits_ == waits_for::data && take()) resume();
  }
  void on_written() {
    if (waits_ == waits_for::the_last) return free_all();
    if (waits_ == waits_for::room) resume();
  }
  void on_event(short what) {
    if ((what & BEV_EVENT_EOF) != 0) ended_ = true;
    if ((what & BEV_EVENT_ERROR) != 0) failed_ = errno != 0 ? last_errno() : lost;
    if (failed_ && waits_ == waits_for::the_last) return free_all();
    if (failed_ && waits_ == waits_for::room) {
      so_far_.error = failed_;
      return resume();
    }
    on_read();
  }

  enum class waits_for { nothing, data, room, the_last };

  std::unique_ptr<bufferevent, freed> buffers_;
  std::unique_ptr<::event, freed> timer_;
  waits_for waits_ = waits_for::nothing;
  bool ended_ = false;
  boost::system::error_code failed_;
};

class on_libevent final : public way {
 public:
  void run(std::span<lane const> lanes, tally&) override {
    refuse_other_work(lanes);
    std::unique_ptr<event_base, freed> const loop(must(event_base_new(), "event_base_new"));
    std::deque<buffered_connection> connections;
    for (auto const& each : lanes) connections.emplace_back(loop.get(), each);
    for (auto& each : connections) each.start();
    if (event_base_dispatch(loop.get()) < 0 ||
        !std::all_of(connections.begin(), connections.end(),
                     [](auto const& each) { return each.is_closed(); }))
      throw std::runtime_error("libevent's loop has ended before its connections");
  }
};

}  // namespace

std::span<arm const> libevent_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "libevent",
          .sentence = "libevent: a bufferevent for each connection",
          .no_other_work = true,
          .buffers = true,
          .allocates = true,
          .make = [] { return std::unique_ptr<way>(std::make_unique<on_libevent>()); }},
  };
  return arms;
}

}  // namespace trivium::bench
