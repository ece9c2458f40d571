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

/// Two buffers: what OpenSSL has written and the kernel has not taken, and what was received and OpenSSL has
/// not read.
///
///     OpenSSL  ─ write ─►  unsent  ─ flush ─►  kernel     a write never blocks; no byte is lost here
///     OpenSSL  ◄─ read ─  arrived  ◄─ once ─  kernel     at most one receive for each attempt
///
/// The BIO returns only bytes, or a retry, to OpenSSL. Neither an end of file nor an error of the descriptor
/// reaches OpenSSL, since it would take either for the end of the session. Not movable.
class ciphertext {
 public:
  /// The largest TLS record: 2^14 bytes and the overhead (RFC 8446, 5.2). RFC 5246, 6.2.3 allows 2^14 + 2048,
  /// which no cipher in use comes near.
  static constexpr std::size_t record = (std::size_t{1} << 14) + 5 + 256;
  /// How many records are buffered in each direction. More records for each system call are no faster.
  static constexpr std::size_t records = 8;

  ciphertext() = default;
  ciphertext(ciphertext const&) = delete;
  ciphertext& operator=(ciphertext const&) = delete;

  /// How many of the records that have arrived OpenSSL may read in one attempt. A peer may send very small
  /// records, and each is as much work as a few KiB of a large one. A buffer full of large records holds
  /// fewer.
  static constexpr unsigned records_an_attempt = 16;

  /// For SSL_set_bio, which takes ownership. Errors: throws std::bad_alloc.
  BIO* new_bio();

  /// Begins an attempt on this descriptor.
  void begin(int descriptor) noexcept;

  /// Offers the kernel what is unsent. `moved`: all of it was taken, or nothing was unsent. After one refusal
  /// it makes no further system call in this attempt.
  attempt flush() noexcept;
  std::size_t unsent() const noexcept { return out_.size(); }
  /// Reserves memory for so many more unsent bytes. False: there is none.
  bool reserve(std::size_t bytes) noexcept { return out_.reserve(bytes); }
  /// Drops what OpenSSL writes from now on, since it will not be taken.
  void send_no_more() noexcept { dropping_ = true; }
  /// Whether waiting for the kernel to take more may help.
  bool may_be_taken() const noexcept {
    return unsent() != 0 && !(refused_ && refused_->what == attempt::outcome::failed);
  }

  /// Why OpenSSL has to retry its read. `again`: it has not read all that has arrived. Otherwise the result
  /// of this attempt's receive. `moved`: there may be more to receive, also where no receive was made.
  attempt received() const noexcept;
  /// Whether this attempt has made its receive.
  bool asked() const noexcept { return received_.has_value(); }
  /// Whether a read by OpenSSL has had to be retried in this attempt.
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
  std::size_t arrives_ = record;  // how much the next receive asks for
  unsigned reads_ = 0;            // OpenSSL's reads since the last receive
  bool filled_ = false;           // the last receive returned all that it asked for
  bool dropping_ = false;
  int descriptor_ = -1;

  // Of this attempt.
  unsigned calls_ = 0;
  unsigned may_read_ = 0;  // how many reads OpenSSL has left
  bool behind_ = false;    // it began with input that the last attempt was not allowed to read
  bool starved_ = false;
  std::optional<attempt> refused_, received_;
};

}  // namespace trivium
