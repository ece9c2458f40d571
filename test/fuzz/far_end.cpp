// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "far_end.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <transports.hpp>
#include <utility>
#include <vector>

namespace trivium::fuzz {
namespace {

using std::chrono::steady_clock;
using outcome = far_channel::outcome;

class plain_far_channel final : public far_channel {
 public:
  explicit plain_far_channel(int descriptor) : descriptor_{descriptor} {}

  answer read(std::span<std::byte> into) override {
    auto const n = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (n == 0) return {outcome::ended};
    return answered(n);
  }
  answer write(std::span<std::byte const> from) override {
    return answered(::send(descriptor_, from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  answer end_sending(bool) override {
    if (::shutdown(descriptor_, SHUT_WR) != 0) return {outcome::failed, 0, errno};
    return {outcome::moved};
  }

 private:
  static answer answered(ssize_t n) {
    if (n >= 0) return {outcome::moved, static_cast<std::size_t>(n)};
    if (errno == EAGAIN || errno == EINTR) return {outcome::again};
    return {outcome::failed, 0, errno};
  }
  int descriptor_;
};

std::unique_ptr<far_channel> channel_to(int descriptor, plan const& of, record& to) {
#ifdef TRIVIUM_TLS
  if (of.over == transport::tls) return tls_far_channel(descriptor, of.far, to);
#endif
  static_cast<void>(of);
  static_cast<void>(to);
  return std::make_unique<plain_far_channel>(descriptor);
}

// One direction's speed.
class pacing {
 public:
  pacing(pace const& how, std::function<bool()> may_begin)
      : how_{how},
        next_{steady_clock::now() + how.before},
        left_{how.in_all},
        may_begin_{std::move(may_begin)} {}

  std::size_t most() const { return how_.most_at_once; }
  bool may(steady_clock::time_point now) {
    if (now < next_) return false;
    if (!may_begin_) return true;
    if (may_begin_())
      may_begin_ = nullptr;
    else
      next_ = now + std::chrono::milliseconds{1};  // it asks again
    return !may_begin_;
  }
  steady_clock::time_point next() const { return next_; }
  void moved(randomness& any) {
    if (left_.count() <= 0 || !any.percent(how_.rests)) return;
    left_ -= how_.rest;
    next_ = steady_clock::now() + how_.rest;
  }

 private:
  pace how_;
  steady_clock::time_point next_;
  microseconds left_;
  std::function<bool()> may_begin_;
};

}  // namespace

class far_end::running {
 public:
  running(socket end, plan const& of, content expected, content sent, std::function<bool()> may_read,
          std::function<bool()> may_write, record& to)
      : socket_{std::move(end)},
        how_{of.far},
        over_tcp_{!is_local(of.over)},
        over_tls_{of.over == transport::tls},
        expected_{expected},
        sent_{sent},
        record_{to},
        any_{of.far.seed},
        reads_{of.far.reads, of.far.reads_later ? std::move(may_read) : nullptr},
        writes_{of.far.writes, of.far.writes_later ? std::move(may_write) : nullptr},
        channel_{channel_to(socket_.native_handle(), of, to)} {
    pieces_.resize(reads_.most());
  }

  void run() {
    if (shake()) {
      while (reading_ || writing_) {
        if (is_to_be_killed()) {
          kill();
          break;
        }
        auto const now = steady_clock::now();
        bool moved = false;
        if (reading_ && reads_.may(now)) moved |= read();
        if (writing_ && writes_.may(now)) moved |= write();
        if (moved)
          ++report_.calls;
        else
          wait();
      }
    }
    channel_.reset();
    socket_.close();
    report_.read_digest = seen_.end();
    record_.line("far: read ", report_.read,
                 report_.saw_end   ? " to the end"
                 : report_.saw_cut ? " to a cut"
                                   : "",
                 ", wrote ", report_.written, '/', report_.offered, report_.ended_sending ? ", ended" : "",
                 report_.killed ? ", killed" : "", ", new keys ", report_.key_updates);
  }

  far_report const& report() const { return report_; }

 private:
  bool shake() {
    for (;;) {
      auto const how = channel_->shake();
      if (how.what == outcome::moved) return true;
      if (how.what != outcome::again) {
        record_.line("far: no handshake: ", std::strerror(how.code));
        return false;
      }
      wait_for(channel_->reading_waits_for(), steady_clock::time_point::max());
    }
  }

  bool read() {
    auto const how = channel_->read(pieces_);
    switch (how.what) {
      case outcome::again:
        return false;
      case outcome::moved: {
        std::span const part{pieces_.data(), how.bytes};
        record_.expect(expected_.is_at(report_.read, part),
                       "the far end read other bytes than were sent: ", how.bytes, " at ", report_.read);
        seen_.add(part);
        report_.read += how.bytes;
        reads_.moved(any_);
        return true;
      }
      case outcome::ended:
        report_.saw_end = over_tls_ || !told_of_reset_;
        break;
      case outcome::cut:
        report_.saw_cut = !told_of_reset_;
        break;
      case outcome::failed:
        record_.line("far: read ", report_.read, ", then ", std::strerror(how.code));
        break;
    }
    reading_ = false;
    return true;
  }

  bool write() {
    if (report_.written == sent_.size()) return end_sending();
    if (due_updates_ != 0) {
      while (due_updates_ != 0 && channel_->update_keys()) {
        --due_updates_;
        ++report_.key_updates;
      }
    }
    auto const all = sent_.from(report_.written);
    auto const part = all.first(std::min(all.size(), writes_.most()));
    report_.offered = std::max(report_.offered, report_.written + part.size());
    auto const how = channel_->write(part);
    switch (how.what) {
      case outcome::again:
        return false;
      case outcome::moved:
        report_.written += how.bytes;
        writes_.moved(any_);
        if (how_.key_update_after != 0 && ++writes_made_ % how_.key_update_after == 0)
          due_updates_ = how_.key_updates;
        return true;
      default:
        record_.line("far: wrote ", report_.written, ", then ", std::strerror(how.code));
        told_of_reset_ = true;
        writing_ = false;
        return true;
    }
  }

  bool end_sending() {
    if (how_.how == ending::waits && reading_) return false;
    auto const how = channel_->end_sending(how_.how != ending::cuts);
    if (how.what == outcome::again) return false;
    report_.ended_sending = how.what == outcome::moved;
    writing_ = false;
    return true;
  }

  bool is_to_be_killed() const {
    return how_.kills() && (report_.read >= how_.ends_at_read || report_.written >= how_.ends_at_written);
  }
  void kill() {
    report_.killed = true;
    if (how_.how == ending::resets && over_tcp_) test::reset_on_close(socket_);
  }

  void wait() {
    auto const now = steady_clock::now();
    short events = 0;
    auto until = steady_clock::time_point::max();
    if (reading_) {
      if (reads_.may(now))
        events = static_cast<short>(events | POLLIN | channel_->reading_waits_for());
      else
        until = std::min(until, reads_.next());
    }
    if (writing_) {
      bool const waits = report_.written == sent_.size() && how_.how == ending::waits && reading_;
      if (!writes_.may(now))
        until = std::min(until, writes_.next());
      else if (!waits)
        events = static_cast<short>(
            events | (channel_->writing_waits_for() != 0 ? channel_->writing_waits_for() : POLLOUT));
    }
    wait_for(events, until);
  }

  // A socket that is not to be looked at now would wake it for ever, were it at its end.
  void wait_for(short events, steady_clock::time_point until) {
    pollfd watch{events != 0 ? socket_.native_handle() : -1, events, 0};
    timespec left{};
    if (until != steady_clock::time_point::max()) {
      auto const nanos =
          std::max<std::int64_t>(0, std::chrono::nanoseconds{until - steady_clock::now()}.count());
      left = {.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
    }
    ::ppoll(&watch, 1, until != steady_clock::time_point::max() ? &left : nullptr, nullptr);
  }

  socket socket_;
  far_plan how_;
  bool over_tcp_;
  bool over_tls_;
  content expected_, sent_;
  record& record_;
  randomness any_;
  pacing reads_, writes_;
  std::unique_ptr<far_channel> channel_;
  std::vector<std::byte> pieces_;
  digest seen_;
  far_report report_;
  bool reading_ = true, writing_ = true;
  // By a write. The kernel reports a reset once: what a read sees then looks like an end, and is none, unless
  // TLS says so.
  bool told_of_reset_ = false;
  unsigned writes_made_ = 0;
  unsigned due_updates_ = 0;
};

far_end::far_end(socket end, plan const& of, content expected, content sent, std::function<bool()> may_read,
                 std::function<bool()> may_write, record& to)
    : running_{std::make_unique<running>(std::move(end), of, expected, sent, std::move(may_read),
                                         std::move(may_write), to)},
      thread_{[it = running_.get()] {
        // OpenSSL's own BIO writes without MSG_NOSIGNAL.
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        it->run();
      }} {}

far_end::~far_end() {
  if (thread_.joinable()) thread_.join();
}

far_report const& far_end::report() {
  if (thread_.joinable()) thread_.join();
  return running_->report();
}

}  // namespace trivium::fuzz
