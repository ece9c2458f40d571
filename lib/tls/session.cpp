// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <trivium/tls/session.hpp>

#include "errno.hpp"
#include "tls/ciphertext.hpp"
#include "tls/content.hpp"

namespace trivium {
namespace {

constexpr auto moved = attempt::outcome::moved;
constexpr auto would_block = attempt::outcome::would_block;
constexpr auto done = attempt::outcome::done;

constexpr std::size_t plaintext_of_a_record = std::size_t{1} << 14;
constexpr std::size_t close_notify = 2 + 5 + 256;  // an alert and the overhead of its record

// Iterates over the pieces. Pieces smaller than a record are gathered, since each would otherwise cost a
// record of its own.
class reader {
 public:
  explicit reader(std::span<iovec const> pieces) noexcept : pieces_{pieces} {}

  bool done() const noexcept { return pieces_.empty(); }

  std::span<std::byte const> next(std::span<std::byte, plaintext_of_a_record> scratch) noexcept {
    if (pieces_.size() == 1 || left_in_piece() >= scratch.size()) return take(scratch.size());
    std::size_t gathered = 0;
    while (!done() && gathered != scratch.size()) {
      auto const part = take(scratch.size() - gathered);
      std::memcpy(scratch.data() + gathered, part.data(), part.size());
      gathered += part.size();
    }
    return scratch.first(gathered);
  }

 private:
  std::size_t left_in_piece() const noexcept { return pieces_.front().iov_len - offset_; }
  std::span<std::byte const> take(std::size_t most) noexcept {
    auto const size = std::min(most, left_in_piece());
    auto const* const from = static_cast<std::byte const*>(pieces_.front().iov_base) + offset_;
    offset_ += size;
    if (left_in_piece() == 0) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
    return {from, size};
  }

  std::span<iovec const> pieces_;
  std::size_t offset_ = 0;
};

// Parses a numeric address. Returns its size, or 0. (OpenSSL's own parser passes over a space, and over a
// zero in front.)
std::size_t numeric_address(std::string const& host,
                            std::span<unsigned char, sizeof(in6_addr)> bytes) noexcept {
  if (host.find('\0') != std::string::npos) return 0;
  if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return sizeof(in_addr);
  if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return sizeof(in6_addr);
  return 0;
}

// Whether this can be the name of a host. To OpenSSL a dot in front would mean any subdomain. A last label of
// digits alone is an address, or the attempt at one (RFC 1123, 2.1).
bool may_be_a_name(std::string_view host) noexcept {
  constexpr std::size_t longest = 253;  // RFC 1035
  if (host.empty() || host.size() > longest || host.front() == '.') return false;
  auto const last = host.substr(host.rfind('.') + 1);
  auto const is_no_part = [](char c) { return (c >= '\0' && c <= ' ') || c == '\x7f'; };
  return std::none_of(host.begin(), host.end(), is_no_part) &&
         last.find_first_not_of("0123456789") != std::string_view::npos;
}

}  // namespace

struct __attribute__((visibility("hidden"))) tls_session::state {  // no other library links against it
  struct freed {
    void operator()(SSL* it) const noexcept { SSL_free(it); }
  };

  state(socket of, tls_context const& with)
      : context{with.get()}, descriptor{std::move(of)}, session{SSL_new(context->context.get())} {
    if (!session) throw std::bad_alloc{};
    auto* const bio = wire.new_bio();
    SSL_set_bio(session.get(), bio, bio);
    // PARTIAL_WRITE: a record that was made is counted, also if the next one of the same write cannot be
    // made. AUTO_RETRY: a read wants a retry only if the BIO has asked for one.
    SSL_set_mode(session.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY);
  }

  attempt check(std::optional<error_code>& of_direction) noexcept;
  attempt shake() noexcept;
  attempt flushed(std::size_t bytes) noexcept;
  enum class drawn_by { us, either_direction };
  attempt waiting(std::size_t bytes, drawn_by whom) noexcept;
  attempt deferring(attempt answer) noexcept;
  attempt ended(error_code why, std::size_t bytes) noexcept;
  attempt fatal(int how, std::size_t bytes) noexcept;
  attempt send(std::span<iovec const> pieces) noexcept;
  attempt receive(std::span<iovec> pieces) noexcept;
  attempt end() noexcept;
  void read_ahead() noexcept;

  // Makes one attempt, in one thread at a time: OpenSSL's sessions are not thread-safe.
  template <class Function>
  attempt one_attempt(std::optional<error_code> state::*of_direction, Function function) noexcept {
    std::lock_guard const lock{mutex};
    wire.begin(descriptor.native_handle());
    deferred = &(this->*of_direction);
    auto answer = check(*deferred);
    if (answer.what == done) answer = function();
    answer.calls = wire.calls();
    has_pending_output.store(wire.unsent() != 0, std::memory_order_release);
    return answer;
  }

  std::mutex mutex;
  std::atomic<bool> has_pending_output{false};

  // Guarded by the mutex.
  std::shared_ptr<tls_context::content const> const context;
  socket descriptor;
  ciphertext wire;  // declared before the session, whose BIO refers to it
  std::unique_ptr<SSL, freed> session;
  bool nameless = false;  // the host that was asked for cannot be one
  bool shaken = false;
  bool end_said = false;
  bool broken = false;
  // The deferred error of each direction, which occurred behind bytes that had to be reported first. It does
  // not end the other direction: a peer that has ended its sending may still be sent to.
  std::optional<error_code> deferred_send_error, deferred_receive_error;
  std::optional<error_code>* deferred = nullptr;  // the one of this attempt's direction
  std::size_t batch = 1;                          // records for the next system call
};

attempt tls_session::state::check(std::optional<error_code>& of_direction) noexcept {
  if (!descriptor.is_open()) return failed(kernels(EBADF));
  if (of_direction) return failed(*std::exchange(of_direction, std::nullopt));
  if (broken) {
    // The next attempt in either direction reports the reason, also if the other direction met it.
    for (auto* const why : {&deferred_send_error, &deferred_receive_error})
      if (*why) return failed(*std::exchange(*why, std::nullopt));
    return failed(errc::session_broken);
  }
  if (nameless) return failed(kernels(EINVAL));
  return {.what = done};
}

// Flushes what is unsent. The result counts `bytes`, which were taken from the caller.
attempt tls_session::state::flushed(std::size_t bytes) noexcept {
  auto answer = wire.flush();
  answer.bytes = bytes;
  return answer;
}

// OpenSSL wants to read. If output is unsent, the peer may be waiting for that output, so the wait is for
// either direction. If the other direction reads too, it may receive what this one waits for. No event comes
// then, so this one looks again after a time.
attempt tls_session::state::waiting(std::size_t bytes, drawn_by whom) noexcept {
  if (!wire.starved()) return fatal(SSL_ERROR_SSL, bytes);  // it failed, and had no memory to report it
  auto answer = wire.received();
  answer.bytes = bytes;
  // All that had arrived was TLS's own messages. If there is more, the wait ends at once. Other operations
  // run first.
  if (answer.what == moved && bytes == 0)
    answer = {.what = would_block, .waits_for = {descriptor.native_handle(), readiness::readable}};
  if (answer.what == would_block) {
    bool const holds = wire.may_be_taken();
    if (holds) answer.waits_for.until = readiness::either;
    if (holds || whom == drawn_by::either_direction) answer.look_again = std::chrono::milliseconds{10};
  }
  if (answer.what == attempt::outcome::failed && answer.error == errc::end_of_file)
    answer.error = errc::truncated;
  return deferring(answer);
}

// Defers an error that occurred behind bytes to the next attempt. The bytes have succeeded, and an error that
// is reported together with them would be lost.
attempt tls_session::state::deferring(attempt answer) noexcept {
  if (answer.what != attempt::outcome::failed || answer.bytes == 0) return answer;
  *deferred = answer.error;
  return {.what = moved, .bytes = answer.bytes};
}

attempt tls_session::state::ended(error_code why, std::size_t bytes) noexcept {
  auto answer = failed(why);
  answer.bytes = bytes;
  return deferring(answer);
}

attempt tls_session::state::fatal(int how, std::size_t bytes) noexcept {
  broken = true;
  auto code = ERR_get_error();
  ERR_clear_error();
  static_cast<void>(wire.flush());  // the alert with the reason, if the kernel takes it at once
  if (how == SSL_ERROR_ZERO_RETURN) return ended(errc::end_of_file, bytes);
  if (how != SSL_ERROR_SSL && how != SSL_ERROR_SYSCALL)  // a callback of the program asks for a retry
    code = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_CALLBACK_FAILED);
  else if (code == 0)  // no memory for OpenSSL's message to the peer, or for its own error
    code = ERR_PACK(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE);
  auto const verified = SSL_get_verify_result(session.get());
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED &&
      verified != X509_V_OK)
    return ended({static_cast<int>(verified), tls_verification_category()}, bytes);
  return ended({static_cast<int>(code), tls_category()}, bytes);
}

attempt tls_session::state::shake() noexcept {
  if (!shaken) {
    ERR_clear_error();
    auto const how = SSL_get_error(session.get(), SSL_do_handshake(session.get()));
    if (how == SSL_ERROR_WANT_READ) return waiting(0, drawn_by::either_direction);
    if (how != SSL_ERROR_NONE) return fatal(how, 0);
    shaken = true;
  }
  auto answer = flushed(0);
  if (answer.what == moved) answer.what = done;
  return answer;
}

attempt tls_session::state::send(std::span<iovec const> pieces) noexcept {
  if (end_said) return failed(kernels(EPIPE));
  if (auto const first = shake(); first.what != done) return first;

  std::array<std::byte, plaintext_of_a_record> scratch;
  reader from{pieces};
  // Reserves memory for the whole batch before OpenSSL is called, because OpenSSL cannot take a record back.
  bool const scarce = !from.done() && !wire.reserve(batch * ciphertext::record);
  if (scarce) batch = 1;
  std::size_t bytes = 0;
  for (std::size_t made = 0; made != batch && !from.done(); ++made) {
    if (!wire.reserve((batch - made) * ciphertext::record)) {
      if (made == 0) return failed(kernels(ENOMEM));
      break;
    }
    // OpenSSL refuses an empty part, and makes several records of one part where the peer wants small
    // records.
    for (auto part = from.next(scratch); !part.empty();) {
      std::size_t written = 0;
      ERR_clear_error();
      int const well = SSL_write_ex(session.get(), part.data(), part.size(), &written);
      bytes += written;
      part = part.subspan(written);
      if (well == 1) continue;
      int const how = SSL_get_error(session.get(), well);
      // A post-handshake message of TLS 1.3 has arrived in part, and must be complete first.
      if (how == SSL_ERROR_WANT_READ) return waiting(bytes, drawn_by::either_direction);
      return fatal(how, bytes);
    }
  }
  auto const answer = flushed(bytes);
  // If the kernel took the whole batch and more was left, the next batch is larger.
  if (answer.what == would_block)
    batch = std::max<std::size_t>(batch / 2, 1);
  else if (answer.what == moved && !from.done() && !scarce)
    batch = std::min(batch * 2, ciphertext::records);
  return answer;
}

attempt tls_session::state::receive(std::span<iovec> pieces) noexcept {
  // A peer that makes OpenSSL answer and does not read the answers is not read from either, so that they do
  // not fill the memory.
  if (auto const first = shake();
      !shaken || (wire.may_be_taken() && wire.unsent() > 2 * ciphertext::records * ciphertext::record))
    return first;

  std::size_t bytes = 0;
  for (auto const& piece : pieces) {
    for (std::size_t at = 0; at != piece.iov_len;) {
      std::size_t n = 0;
      ERR_clear_error();
      int const well =
          SSL_read_ex(session.get(), static_cast<std::byte*>(piece.iov_base) + at, piece.iov_len - at, &n);
      if (well == 1) {
        at += n;
        bytes += n;
        continue;
      }
      switch (int const how = SSL_get_error(session.get(), well)) {
        case SSL_ERROR_WANT_READ:
          static_cast<void>(wire.flush());  // OpenSSL may have answered with a new key
          // A send completes a post-handshake message that has arrived in part, and so reads too.
          return waiting(bytes, SSL_in_init(session.get()) != 0 ? drawn_by::either_direction : drawn_by::us);
        case SSL_ERROR_ZERO_RETURN:
          return ended(errc::end_of_file, bytes);
        default:
          return fatal(how, bytes);
      }
    }
  }
  return {.what = moved, .bytes = bytes};
}

attempt tls_session::state::end() noexcept {
  if (!shaken) return {.what = done};  // nothing was sent, so there is nothing to end
  if (!end_said) {
    // close_notify is queued behind the pending output, which may be taken only after the caller has read. So
    // a caller that makes one attempt and then reads has sent it all the same.
    if (SSL_in_init(session.get()) != 0) {
      // A post-handshake message of TLS 1.3 has arrived in part, and must be complete first.
      ERR_clear_error();
      int const how = SSL_get_error(session.get(), SSL_do_handshake(session.get()));
      if (how == SSL_ERROR_WANT_READ) return waiting(0, drawn_by::either_direction);
      if (how != SSL_ERROR_NONE) return fatal(how, 0);
    }
    if (!wire.reserve(close_notify)) return failed(kernels(ENOMEM));
    ERR_clear_error();
    int const how = SSL_shutdown(session.get());  // 0: sent and not yet received, enough to end sending
    end_said = true;
    if (how < 0) return fatal(SSL_get_error(session.get(), how), 0);
    // OpenSSL still answers a request for new keys after its own close_notify. A pipe that is shut refuses
    // the answer, and a peer that has closed when it arrives resets the connection, with what the peer has
    // sent. The peer has to ignore what follows a close_notify (RFC 8446, 6.1), and no key is due before more
    // data (4.6.3). So the answer is dropped.
    wire.send_no_more();
  }
  auto answer = flushed(0);
  if (answer.what == moved) answer.what = done;
  return answer;
}

// Reads what the peer's TLS has sent on its own (tickets) from the kernel's queue, up to the first byte for
// the caller. If it were still there when the socket is closed, the kernel would reset the connection and
// discard what it has not sent yet.
void tls_session::state::read_ahead() noexcept {
  if (!descriptor.is_open() || broken || !shaken) return;
  std::byte byte;
  std::size_t n = 0;
  ERR_clear_error();
  do {  // until a receive was made, since one attempt may read only so many records
    wire.begin(descriptor.native_handle());
  } while (SSL_peek_ex(session.get(), &byte, 1, &n) != 1 && wire.starved() && !wire.asked());
  ERR_clear_error();
}

tls_session::tls_session(socket of, tls_client_context const& with, std::string_view host)
    : state_{std::make_unique<state>(std::move(of), with)} {
  auto* const session = state_->session.get();
  SSL_set_connect_state(session);
  std::string name{without_brackets(host)};
  if (name.ends_with('.')) name.pop_back();  // the dot of the DNS root, which no certificate contains
  bool const verified = state_->context->check == tls_check::certificate_and_host;
  auto* const expected = SSL_get0_param(session);
  bool well = true;  // false only for want of memory
  ERR_clear_error();
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (auto const size = numeric_address(name, address); size != 0) {
    if (verified) well = X509_VERIFY_PARAM_set1_ip(expected, address.data(), size) == 1;
  } else if (may_be_a_name(name)) {
    well = SSL_set_tlsext_host_name(session, name.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(
        expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (well && verified) well = X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size()) == 1;
  } else {
    state_->nameless = verified;
  }
  ERR_clear_error();
  if (!well) throw std::bad_alloc{};
}

tls_session::tls_session(socket of, tls_server_context const& with)
    : state_{std::make_unique<state>(std::move(of), with)} {
  SSL_set_accept_state(state_->session.get());
}

tls_session::tls_session(tls_session&& from) noexcept : state_{taken_from(from)} {}
tls_session& tls_session::operator=(tls_session&& from) noexcept {
  if (this == &from) return *this;
  close();
  state_ = taken_from(from);
  return *this;
}
// The socket itself does not move, and would keep the registrations of the session that is moved from.
std::unique_ptr<tls_session::state> tls_session::taken_from(tls_session& other) noexcept {
  if (other.state_) other.state_->descriptor.end_registrations();
  return std::move(other.state_);
}
tls_session::~tls_session() {
  close();
}

int tls_session::native_handle() const noexcept {
  return state_ ? state_->descriptor.native_handle() : -1;
}

void tls_session::close() noexcept {
  if (!state_) return;
  std::lock_guard const lock{state_->mutex};
  state_->read_ahead();
  state_->descriptor.close();
  state_->has_pending_output = false;
}

socket& tls_session::below() noexcept {
  return state_->descriptor;
}
socket const& tls_session::below() const noexcept {
  return state_->descriptor;
}

std::string tls_session::protocol() const {
  if (!state_) return {};
  std::lock_guard const lock{state_->mutex};
  unsigned char const* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(state_->session.get(), &name, &size);
  return state_->shaken && size != 0 ? std::string{reinterpret_cast<char const*>(name), size} : std::string{};
}
std::string tls_session::version() const {
  if (!state_) return {};
  std::lock_guard const lock{state_->mutex};
  return state_->shaken ? SSL_get_version(state_->session.get()) : "";
}
std::string tls_session::cipher() const {
  if (!state_) return {};
  std::lock_guard const lock{state_->mutex};
  return state_->shaken ? SSL_get_cipher_name(state_->session.get()) : "";
}

ssl_st* tls_session::native_session() noexcept {
  return state_->session.get();
}

attempt tls_session::send(std::span<iovec const> pieces, may_block) noexcept {
  if (!state_) return failed(kernels(EBADF));
  return state_->one_attempt(&state::deferred_send_error, [&] { return state_->send(pieces); });
}
attempt tls_session::receive(std::span<iovec> pieces, may_block) noexcept {
  if (!state_) return failed(kernels(EBADF));
  return state_->one_attempt(&state::deferred_receive_error, [&] { return state_->receive(pieces); });
}
attempt tls_session::handshake() noexcept {
  if (!state_) return failed(kernels(EBADF));
  return state_->one_attempt(&state::deferred_send_error, [&] { return state_->shake(); });
}
attempt tls_session::end() noexcept {
  if (!state_) return failed(kernels(EBADF));
  return state_->one_attempt(&state::deferred_send_error, [&] { return state_->end(); });
}

std::size_t tls_session::queued() noexcept {
  if (!state_) return 0;
  std::lock_guard const lock{state_->mutex};
  return descriptor_channel{state_->descriptor.native_handle()}.queued() + state_->wire.unsent();
}

bool tls_session::has_pending_output() const noexcept {
  return state_ && state_->has_pending_output.load(std::memory_order_acquire);
}

}  // namespace trivium
