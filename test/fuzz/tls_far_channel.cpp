// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <certificates.hpp>
#include <stdexcept>

#include "far_end.hpp"

namespace trivium::fuzz {
namespace {

using outcome = far_channel::outcome;

struct freed {
  void operator()(SSL* it) const { SSL_free(it); }
  void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
};

SSL_CTX* context_of(bool server) {
  static auto const make = [](bool serves) {
    std::unique_ptr<SSL_CTX, freed> made{SSL_CTX_new(serves ? TLS_server_method() : TLS_client_method())};
    if (!made) throw std::runtime_error{"SSL_CTX_new"};
    if (serves) {
      auto const& is = test::certificates::here().good;
      SSL_CTX_use_certificate_chain_file(made.get(), is.certificate_file.c_str());
      SSL_CTX_use_PrivateKey_file(made.get(), is.key_file.c_str(), SSL_FILETYPE_PEM);
    }
    SSL_CTX_set_mode(made.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
  };
  static auto const servers = make(true);
  static auto const clients = make(false);  // it trusts anybody: the near end is tried, not its certificate
  return server ? servers.get() : clients.get();
}

class tls_far_channel_of final : public far_channel {
 public:
  tls_far_channel_of(int descriptor, far_plan const& how, record& to)
      : descriptor_{descriptor},
        update_{how.asks_for_keys ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED},
        newest_{!how.oldest_version},
        record_{to},
        session_{SSL_new(context_of(how.server))} {
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    SSL_set_fd(session_.get(), descriptor);
    if (how.oldest_version) SSL_set_max_proto_version(session_.get(), TLS1_2_VERSION);
    SSL_set_max_send_fragment(session_.get(), static_cast<long>(how.record));
    if (how.server) {
      SSL_set_num_tickets(session_.get(), how.tickets);
      SSL_set_accept_state(session_.get());
    } else {
      SSL_set_connect_state(session_.get());
    }
  }

  answer shake() override { return answered(reading_, SSL_do_handshake(session_.get()), 0); }

  answer read(std::span<std::byte> into) override {
    std::size_t n = 0;
    begin();
    int const well = SSL_read_ex(session_.get(), into.data(), into.size(), &n);
    return answered(reading_, well, n);
  }
  answer write(std::span<std::byte const> from) override {
    std::size_t n = 0;
    begin();
    int const well = SSL_write_ex(session_.get(), from.data(), from.size(), &n);
    auto const told = answered(writing_, well, n);
    write_pending_ = told.what == outcome::again;
    return told;
  }
  answer end_sending(bool politely) override {
    begin();
    if (SSL_in_init(session_.get()) != 0) {  // new keys under way
      auto const told = answered(writing_, SSL_do_handshake(session_.get()), 0);
      if (told.what != outcome::moved) return told;
    }
    if (politely) {
      int const said = SSL_shutdown(session_.get());
      if (said < 0) {
        auto const told = answered(writing_, said, 0);
        if (told.what != outcome::moved) return told;
      }
    }
    if (::shutdown(descriptor_, SHUT_WR) != 0) return {outcome::failed, 0, errno};
    return {outcome::moved};
  }
  bool update_keys() override {
    if (!newest_ || write_pending_) return false;
    begin();
    if (SSL_key_update(session_.get(), update_) != 1) return false;
    int const well = SSL_do_handshake(session_.get());
    ERR_clear_error();
    return well == 1;
  }
  short reading_waits_for() const override { return reading_; }
  short writing_waits_for() const override { return writing_; }

 private:
  static void begin() {
    ERR_clear_error();
    errno = 0;
  }

  answer answered(short& waits_for, int well, std::size_t bytes) {
    waits_for = 0;
    if (well == 1) return {outcome::moved, bytes};
    int const code = errno;
    switch (SSL_get_error(session_.get(), well)) {
      case SSL_ERROR_WANT_READ:
        waits_for = POLLIN;
        return {outcome::again};
      case SSL_ERROR_WANT_WRITE:
        waits_for = POLLOUT;
        return {outcome::again};
      case SSL_ERROR_ZERO_RETURN:
        return {outcome::ended};
      case SSL_ERROR_SSL: {
        auto const why = ERR_peek_error();
        if (ERR_GET_REASON(why) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return {outcome::cut};
        char text[256];
        ERR_error_string_n(why, text, sizeof text);
        if (&waits_for == &reading_)  // else it is OpenSSL's word for a connection that is gone
          record_.broken("the far end's TLS was told nonsense: ", text);
        return {outcome::failed, 0, EPROTO};
      }
      default:
        return {outcome::failed, 0, code};
    }
  }

  int descriptor_;
  int update_;
  bool newest_;
  record& record_;
  std::unique_ptr<SSL, freed> session_;
  bool write_pending_ = false;
  short reading_ = 0, writing_ = 0;
};

}  // namespace

std::unique_ptr<far_channel> tls_far_channel(int descriptor, far_plan const& how, record& to) {
  return std::make_unique<tls_far_channel_of>(descriptor, how, to);
}

}  // namespace trivium::fuzz
