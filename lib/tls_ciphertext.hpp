// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A TLS session's bytes on their way between OpenSSL and the descriptor.
#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <trivium/channel.hpp>

namespace trivium {

/// What OpenSSL has made and the kernel has not taken, and what the kernel gave and OpenSSL has not asked
/// for.
///
///     OpenSSL  ─ write ─►  unsent  ─ flush ─►  kernel     always takes; nothing is ever lost here
///     OpenSSL  ◄─ read ─  arrived  ◄─ once ─  kernel     at most one receive for each attempt
///
/// OpenSSL's BIO is told only of bytes, or to come again: neither an end nor an error of the descriptor
/// reaches it, since it would take either for the end of the session. Not movable.
class ciphertext {
 public:
  /// TLS's largest record: 2^14 bytes and what is round them (RFC 8446, 5.2; RFC 5246, 6.2.3: 2^14 + 2048,
  /// which no cipher in use comes near).
  static constexpr std::size_t record = (std::size_t{1} << 14) + 5 + 256;
  /// How many records are kept in each direction. More for each system call is no faster.
  static constexpr std::size_t records = 8;

  ciphertext() = default;
  ciphertext(ciphertext const&) = delete;
  ciphertext& operator=(ciphertext const&) = delete;

  /// How much of what has arrived OpenSSL may read in one attempt, in records: a peer may send very small
  /// ones, and each is as much work as a few KiB of a large one. (A whole batch of large ones is less.)
  static constexpr unsigned records_an_attempt = 16;

  /// For SSL_set_bio, which takes it over. Errors: throws std::bad_alloc.
  BIO* new_bio();

  /// An attempt begins, on this descriptor.
  void begin(int descriptor) noexcept;

  /// Offers the kernel what is unsent; `moved`: all of it is gone, or nothing was there. After one refusal it
  /// does not ask again in this attempt.
  attempt flush() noexcept;
  std::size_t unsent() const noexcept { return out_.size(); }
  /// Room for so much more to be unsent. False: no memory.
  bool reserve(std::size_t bytes) noexcept { return out_.reserve(bytes); }
  /// What OpenSSL makes from now on is dropped: nobody will take it.
  void send_no_more() noexcept { dropping_ = true; }
  /// Whether waiting for the kernel to take more may help.
  bool may_be_taken() const noexcept {
    return unsent() != 0 && !(refused_ && refused_->what == attempt::outcome::failed);
  }

  /// Where OpenSSL has to come again, why: `again`, it has not read all that has arrived; else what the
  /// kernel said to this attempt's receive; `moved`: there may be more, also if it was not asked.
  attempt received() const noexcept;
  bool asked() const noexcept { return received_.has_value(); }
  /// Whether OpenSSL was told in this attempt that there is nothing to read.
  bool starved() const noexcept { return starved_; }
  /// System calls of this attempt.
  unsigned calls() const noexcept { return calls_; }

 private:
  class buffer {
   public:
    std::size_t size() const noexcept { return end_ - begin_; }
    std::byte* begin() noexcept { return memory_.get() + begin_; }
    std::byte* end() noexcept { return memory_.get() + end_; }
    std::size_t room() const noexcept { return capacity_ - end_; }
    bool reserve(std::size_t bytes) noexcept;
    void added(std::size_t bytes) noexcept { end_ += bytes; }
    void taken(std::size_t bytes) noexcept;

   private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  };

  static int write(BIO* bio, char const* data, std::size_t size, std::size_t* written) noexcept;
  static int read(BIO* bio, char* data, std::size_t size, std::size_t* read) noexcept;
  static BIO_METHOD const* method();
  bool ask() noexcept;

  buffer out_, in_;
  std::size_t arrives_ = record;  // how much to ask the kernel for
  unsigned reads_ = 0;            // by OpenSSL, of what was asked for last
  bool filled_ = false;           // by the kernel, all that was asked for last
  bool dropping_ = false;
  int descriptor_ = -1;

  // This attempt's.
  unsigned calls_ = 0;
  unsigned may_read_ = 0;  // of OpenSSL's reads
  bool behind_ = false;    // it began with what the last had not come to
  bool starved_ = false;
  std::optional<attempt> refused_, received_;
};

}  // namespace trivium
