// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "life.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <transports.hpp>
#include <trivium/async.hpp>

namespace trivium::fuzz {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_to_near = 64 * 1024, most_to_far = 256 * 1024;

// A wait that nobody ends is ended by this: then an event was lost.
constexpr auto long_limit = 60'000ms;

content some_of(randomness& random, std::size_t size) {
  return {random.below(all_content().size() - size), size};
}

bool is_ready(int descriptor, short events) {
  pollfd one{.fd = descriptor, .events = events, .revents = 0};
  return ::poll(&one, 1, 0) == 1;
}

}  // namespace

life::life(setting const& in, std::uint64_t number, randomness random)
    : in_{in},
      number_{number},
      random_{std::move(random)},
      to_near_{some_of(random_, most_to_near)},
      to_far_{some_of(random_, most_to_far)},
      into_(8192) {
  auto ends = random_.percent(80) ? test::tcp_pair(8192) : test::local_pair(8192);
  near_ = std::make_unique<stream>(std::move(ends.first), in_.loop.get_executor());
  far_ = std::move(ends.second);
}

void life::step() {
  switch (random_.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return receive();
    case 4:
    case 5:
      return send();
    case 6:
      return wait(random_.percent(70) ? stream::wait_read : stream::wait_write);
    case 7:
    case 8:
    case 9:
    case 10:
      return far_sends();
    case 11:
    case 12:
    case 13:
      return far_receives();
    case 14:
      if (in_.stops == nullptr) return random_.percent(2) ? forks() : far_sends();
      if (random_.percent(50)) {
        stop_all();
        if (near_) near_->cancel();
        return;
      }
      return far_sends();
    default:
      if (random_.percent(15)) return lose();
      if (random_.percent(5)) return far_leaves();
  }
}

void life::under_way::begin(std::chrono::milliseconds limit) {
  is = true;
  stopped = false;
  due = limit == long_limit ? time::max() : std::chrono::steady_clock::now() + limit;
  stop = std::stop_source{};
  token = stop.get_token();
  ++number;
}

// A third has nothing but its peer to wait for: then it has no timer, and other parts of the library serve
// it.
template <class Start>
void life::start(under_way& of, Start start) {
  if (random_.percent(33)) {
    of.begin(long_limit);
    start(limits{});
  } else {
    start(limits_for(of));
  }
}

limits life::limits_for(under_way& of) {
  auto const limit = random_.percent(15) ? std::chrono::milliseconds(random_.between(1, 5)) : long_limit;
  of.begin(limit);
  limits within{.timeout = limit};
  if (in_.stops != nullptr && random_.percent(30)) {
    within.stop = of.token;
    if (random_.percent(50)) {
      in_.stops->stop(of.stop, random_.time(500us));
      of.stopped = true;
    }
  }
  return within;
}

void life::ended(char const* what, under_way& of, transfer_result const& came, std::size_t asked, bool all) {
  auto const now = std::chrono::steady_clock::now();
  if (!std::exchange(of.is, false)) broken(what, " ended twice");
  if (came.bytes > asked) broken(what, " moved ", came.bytes, " bytes of ", asked);
  if (!came.error) {
    if (came.bytes == 0 || (all && came.bytes != asked))
      broken(what, " ended well after ", came.bytes, " bytes of ", asked);
  } else if (came.error == errc::timed_out) {
    if (of.due == time::max()) broken(what, ": nobody ended its wait");
    if (now < of.due) broken(what, " timed out early");
  } else if (came.error == errc::stopped) {
    if (!of.stopped) broken(what, " was stopped, by nobody");
  } else if (came.error == errc::end_of_file || came.error == boost::system::errc::connection_reset ||
             came.error == boost::system::errc::broken_pipe) {
    if (!far_left_) broken(what, ": ", came.error.message(), ", and the far end is there");
    if (came.error != errc::end_of_file) was_reset_ = true;
  } else {
    broken(what, ": ", came.error.message());
  }
}

void life::receive() {
  if (!near_ || receiving_.is) return;
  bool const all = random_.percent(50);
  std::span const into{into_.data(), random_.size(into_.size())};
  auto handler = [this, into, all](transfer_result const& came) {
    ended("a receive", receiving_, came, into.size(), all);
    if (received_ + came.bytes > sent_to_near_ || !to_near_.is_at(received_, into.first(came.bytes)))
      broken("a receive got ", came.bytes, " bytes that were not sent to it, at ", received_);
    received_ += came.bytes;
    if (came.error == errc::end_of_file && received_ != sent_to_near_ && !was_reset_ && !sending_.is)
      broken("the end came after ", received_, " bytes of ", sent_to_near_);
    if (random_.percent(60)) receive();
  };
  start(receiving_, [&](limits const& within) {
    if (all)
      async::receive_all(*near_, into, within, std::move(handler));
    else
      async::receive_some(*near_, into, within, std::move(handler));
  });
}

void life::send() {
  if (!near_ || sending_.is) return;
  auto const left = to_far_.from(sent_);
  if (left.empty()) return;
  auto const bytes = left.first(random_.size(left.size()));
  start(sending_, [&](limits const& within) {
    async::send_all(*near_, bytes, within, [this, bytes](transfer_result const& came) {
      ended("a send", sending_, came, bytes.size(), true);
      sent_ += came.bytes;
    });
  });
}

void life::wait(boost::asio::socket_base::wait_type until) {
  bool const input = until == stream::wait_read;
  auto& one = waiting_[input ? 0 : 1];
  if (!near_ || one.is) return;
  one.begin(long_limit);
  // What is ready stays so while nobody else receives or sends. (Asio's reactor may complete a wait by an
  // event that is older than the wait.)
  bool const alone = in_.waits_in_set && !receiving_.is && !sending_.is;
  near_->async_wait(until, [this, &one, input, alone,
                            others = receiving_.number + sending_.number](boost::system::error_code error) {
    if (!std::exchange(one.is, false)) broken("a wait ended twice");
    if (error == boost::asio::error::operation_aborted) {
      if (!one.stopped) broken("a wait was aborted, by nobody");
    } else if (error) {
      broken("a wait: ", error.message());
    } else if (near_ && !one.stopped && alone && others == receiving_.number + sending_.number &&
               !is_ready(near_->native_handle(), input ? POLLIN : POLLOUT)) {
      broken("a wait ended well, and the connection is not ready");
    }
  });
}

void life::stop_all() {
  for (auto* const each : {&receiving_, &sending_, &waiting_[0], &waiting_[1]}) each->stopped = true;
}

void life::lose() {
  if (!near_) return;
  stop_all();
  switch (random_.below(5)) {
    case 0:
      near_->close();
      return near_.reset();
    case 1:
      return near_.reset();
    case 2:
      near_ = std::make_unique<stream>(std::move(*near_));
      return;
    case 3:
      near_ = std::make_unique<stream>(near_->release(), in_.loop.get_executor());
      return;
    default:
      near_->cancel();
  }
}

void life::far_sends() {
  if (far_left_) return;
  auto const left = to_near_.from(sent_to_near_);
  if (left.empty()) return;
  auto const n =
      ::send(far_.native_handle(), left.data(), random_.size(left.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n > 0) sent_to_near_ += static_cast<std::size_t>(n);
  if (n < 0 && near_ && errno != EAGAIN) broken("the far end's send: errno ", errno);
}

void life::far_receives() {
  if (far_left_) return;
  std::array<std::byte, 16 * 1024> into;
  auto const n = ::recv(far_.native_handle(), into.data(), random_.size(into.size()), MSG_DONTWAIT);
  if (n < 0 && near_ && errno != EAGAIN) broken("the far end's receive: errno ", errno);
  if (n == 0 && near_) broken("the far end received an end that nobody sent");
  if (n <= 0) return;
  auto const count = static_cast<std::size_t>(n);
  if (received_from_near_ + count > to_far_.size() ||
      !to_far_.is_at(received_from_near_, std::span{into}.first(count)))
    broken("the far end got ", count, " bytes that were not sent to it, at ", received_from_near_);
  received_from_near_ += count;
}

void life::far_leaves() {
  far_left_ = true;
  far_.close();
}

// The child closes its copy of the connection, and leaves.
void life::forks() {
  auto const child = ::fork();
  if (child == 0) {
    near_.reset();
    ::_exit(0);
  }
  if (child < 0) return;  // no room for a process: nothing has happened
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) broken("a child that closed its copy ended with ", status);
}

char const* life::missed() const {
  if (!near_) return nullptr;
  if (is_ready(near_->native_handle(), POLLIN)) {
    if (receiving_.is) return "a receive waits, and there is input";
    if (waiting_[0].is) return "a wait for input is not over, and there is input";
  }
  if (is_ready(near_->native_handle(), POLLOUT)) {
    if (sending_.is) return "a send waits, and there is room";
    if (waiting_[1].is) return "a wait for room is not over, and there is room";
  }
  return nullptr;
}

bool life::end() {
  if (!receiving_.is && !sending_.is && !waiting_[0].is && !waiting_[1].is) return true;
  for (int i = 0; i != 20 && sending_.is && !far_left_; ++i) far_receives();
  if (!sending_.is && !far_left_) far_leaves();
  return false;
}

}  // namespace trivium::fuzz
