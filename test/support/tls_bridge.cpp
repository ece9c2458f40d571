// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "tls_bridge.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "certificates.hpp"

namespace trivium::test {
namespace {

struct freed {
  void operator()(SSL* it) const { SSL_free(it); }
  void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
};

struct part {
  std::array<char, 16384> memory;
  std::size_t begin = 0, end = 0;
  bool empty() const { return begin == end; }
};

class bridging {
 public:
  bridging(socket tls_end, socket plain_end, int stop, tls_bridge::options how)
      : tls_{std::move(tls_end)}, plain_{std::move(plain_end)}, stop_{stop}, how_{how} {}

  void run() {
    if (!begin()) return;
    while (!over_) {
      want_ = 0;
      bool moved = false;
      if (!over_) moved |= from_tls();
      if (!over_) moved |= to_plain();
      if (!over_) moved |= from_plain();
      if (!over_) moved |= to_tls();
      if (!over_ && !moved && !wait()) return;
      over_ = over_ || (plain_told_ && tls_told_);
    }
  }

 private:
  bool begin() {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    auto const& is = certificates::here().good;
    SSL_CTX_use_certificate_chain_file(context_.get(), is.certificate_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), is.key_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_num_tickets(context_.get(), how_.tickets);
    if (how_.newest_version != 0) SSL_CTX_set_max_proto_version(context_.get(), how_.newest_version);
    int const fd = tls_.native_handle();
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), fd);
    SSL_set_accept_state(session_.get());
    SSL_set_mode(session_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return true;
  }

  // What OpenSSL says to a call that did not succeed: whether it is only to be waited for.
  bool wants(int result) {
    switch (SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        want_ |= POLLIN;
        return true;
      case SSL_ERROR_WANT_WRITE:
        want_ |= POLLOUT;
        return true;
      default:
        return false;
    }
  }

  bool from_tls() {
    if (tls_ended_ || !to_plain_.empty()) return false;
    ERR_clear_error();
    std::size_t n = 0;
    errno = 0;
    int const well = SSL_read_ex(session_.get(), to_plain_.memory.data(), to_plain_.memory.size(), &n);
    if (well == 1) {
      to_plain_.begin = 0;
      to_plain_.end = n;
      if (how_.key_update != 0 && ++records_ % how_.key_update == 0)
        SSL_key_update(session_.get(), SSL_KEY_UPDATE_REQUESTED);
      return true;
    }
    if (wants(well)) return false;
    tls_ended_ = true;  // by close_notify, or by the end of the connection: no matter here
    return true;
  }

  bool to_plain() {
    if (to_plain_.empty()) {
      if (!tls_ended_ || plain_told_) return false;
      ::shutdown(plain_.native_handle(), SHUT_WR);
      return plain_told_ = true;
    }
    auto const n = ::send(plain_.native_handle(), to_plain_.memory.data() + to_plain_.begin,
                          to_plain_.end - to_plain_.begin, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return errno != EAGAIN && reset();
    to_plain_.begin += static_cast<std::size_t>(n);
    return true;
  }

  bool from_plain() {
    if (plain_ended_ || !to_tls_.empty()) return false;
    auto const n = ::recv(plain_.native_handle(), to_tls_.memory.data(), to_tls_.memory.size(), MSG_DONTWAIT);
    if (n < 0) return errno != EAGAIN && reset();
    if (n == 0) return plain_ended_ = true;
    to_tls_.begin = 0;
    to_tls_.end = static_cast<std::size_t>(n);
    return true;
  }

  bool to_tls() {
    if (to_tls_.empty() && (!plain_ended_ || tls_told_)) return false;
    ERR_clear_error();
    if (to_tls_.empty()) {
      // OpenSSL refuses it before the client's Finished has been read, which a client does not wait for.
      if (!SSL_is_init_finished(session_.get()) && !tls_ended_) return false;
      int const told = SSL_shutdown(session_.get());
      if (told < 0 && wants(told)) return false;
      if (told >= 0) ::shutdown(tls_.native_handle(), SHUT_WR);
      return tls_told_ = true;
    }
    std::size_t n = 0;
    int const well =
        SSL_write_ex(session_.get(), to_tls_.memory.data() + to_tls_.begin, to_tls_.end - to_tls_.begin, &n);
    if (well != 1) {
      if (wants(well)) return false;
      return over_ = true;
    }
    to_tls_.begin += n;
    return true;
  }

  bool reset() {
    linger const at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(tls_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    tls_.close();
    return over_ = true;
  }

  bool wait() {
    short plain = 0;
    if (!to_plain_.empty()) plain |= POLLOUT;
    if (!plain_ended_ && to_tls_.empty()) plain |= POLLIN;
    pollfd watch[] = {{stop_, POLLIN, 0},
                      {want_ != 0 ? tls_.native_handle() : -1, want_, 0},
                      {plain != 0 ? plain_.native_handle() : -1, plain, 0}};
    while (::poll(watch, 3, -1) < 0) {
    }
    return watch[0].revents == 0;
  }

  socket tls_, plain_;
  int stop_;
  tls_bridge::options how_;
  std::unique_ptr<SSL_CTX, freed> context_;
  std::unique_ptr<SSL, freed> session_;
  part to_plain_, to_tls_;
  bool tls_ended_ = false, plain_ended_ = false;  // what an end has said
  bool tls_told_ = false, plain_told_ = false;    // and has been told of the other
  bool over_ = false;
  unsigned records_ = 0;
  short want_ = 0;
};

}  // namespace

tls_bridge::tls_bridge(socket tls_end, socket plain_end, options how)
    : stop_{::eventfd(0, EFD_CLOEXEC)},
      thread_{[bridge = std::make_shared<bridging>(std::move(tls_end), std::move(plain_end),
                                                   stop_.native_handle(), how)]() mutable {
        // OpenSSL's own BIO writes without MSG_NOSIGNAL.
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        bridge->run();
        bridge.reset();
      }} {}

tls_bridge::~tls_bridge() {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = ::write(stop_.native_handle(), &one, sizeof one);
  thread_.join();
}

}  // namespace trivium::test
