// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "tls/ciphertext.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "errno.hpp"

namespace trivium {

bool ciphertext::buffer::reserve(std::size_t bytes) noexcept {
  if (room() >= bytes) return true;
  auto const needed = size() + bytes;
  if (needed > capacity_) {
    std::unique_ptr<std::byte[]> more{new (std::nothrow) std::byte[needed]};
    if (!more) return false;
    if (size() != 0) std::memcpy(more.get(), begin(), size());
    memory_ = std::move(more);
    capacity_ = needed;
  } else if (size() != 0) {
    std::memmove(memory_.get(), begin(), size());
  }
  end_ = size();
  begin_ = 0;
  return true;
}

void ciphertext::buffer::taken(std::size_t bytes) noexcept {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

void ciphertext::begin(int descriptor) noexcept {
  descriptor_ = descriptor;
  calls_ = 0;
  behind_ = may_read_ == 0 && in_.size() != 0;
  may_read_ = 2 * records_an_attempt;  // a header and what it announces
  starved_ = false;
  refused_.reset();
  received_.reset();
}

attempt ciphertext::flush() noexcept {
  if (refused_) return *refused_;
  while (out_.size() != 0) {
    iovec const piece{out_.begin(), out_.size()};
    auto answer = descriptor_channel{descriptor_}.send({&piece, 1}, may_block::no);
    calls_ += answer.calls;
    out_.taken(answer.bytes);
    if (answer.what == attempt::outcome::moved) continue;
    answer.bytes = 0;                                                      // none of these is the caller's
    if (answer.error == boost::system::errc::broken_pipe) send_no_more();  // the kernel will take no more
    refused_ = answer;
    return answer;
  }
  return {.what = attempt::outcome::moved};
}

attempt ciphertext::received() const noexcept {
  if (in_.size() != 0) return {.what = attempt::outcome::again};
  return received_.value_or(attempt{.what = attempt::outcome::moved});
}

// What is unsent goes first: the peer may not answer before it has received that. An attempt that began with
// input left over receives no more. Otherwise a caller that makes attempts until there are bytes, or none to
// be had, could be held by the peer for as long as it sends other messages.
bool ciphertext::ask() noexcept {
  if (received_ || behind_) return false;
  static_cast<void>(flush());
  // A peer that fills the buffer sends in bulk, and the next receive asks for more. The buffer does not grow
  // for a peer that leaves it part empty, nor for one whose records are small: a buffer full of small records
  // is already much work.
  constexpr std::size_t large = 512;  // bytes for each read by OpenSSL, which reads twice for each record
  bool const in_bulk = arrives_ > reads_ * large;
  if (filled_) arrives_ = in_bulk ? std::min(2 * arrives_, records * record) : record;
  if (!in_.reserve(arrives_)) {
    arrives_ = record;
    if (!in_.reserve(arrives_)) {
      received_ = failed({ENOMEM, boost::system::system_category()});
      return false;
    }
  }
  iovec piece{in_.end(), arrives_};
  received_ = descriptor_channel{descriptor_}.receive({&piece, 1}, may_block::no);
  calls_ += received_->calls;
  in_.added(received_->bytes);
  filled_ = received_->what == attempt::outcome::moved;
  reads_ = 0;
  return received_->bytes != 0;
}

int ciphertext::write(BIO* bio, char const* data, std::size_t size, std::size_t* written) noexcept {
  auto& self = *static_cast<ciphertext*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *written = size;
  if (self.dropping_) return 1;
  if (!self.out_.reserve(size)) return 0;
  std::memcpy(self.out_.end(), data, size);
  self.out_.added(size);
  return 1;
}

int ciphertext::read(BIO* bio, char* data, std::size_t size, std::size_t* read) noexcept {
  auto& self = *static_cast<ciphertext*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.may_read_ == 0 || (self.in_.size() == 0 && !self.ask())) {
    self.starved_ = true;
    BIO_set_retry_read(bio);
    return 0;
  }
  --self.may_read_;
  ++self.reads_;
  *read = std::min(size, self.in_.size());
  std::memcpy(data, self.in_.begin(), *read);
  self.in_.taken(*read);
  return 1;
}

BIO_METHOD const* ciphertext::method() {
  static BIO_METHOD const* const made = [] {
    auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "trivium");
    if (method == nullptr) throw std::bad_alloc{};  // the next call tries again
    BIO_meth_set_write_ex(method, write);
    BIO_meth_set_read_ex(method, read);
    BIO_meth_set_ctrl(method, [](BIO*, int what, long, void*) -> long { return what == BIO_CTRL_FLUSH; });
    return method;
  }();
  return made;
}

BIO* ciphertext::new_bio() {
  auto* const made = BIO_new(method());
  if (made == nullptr) throw std::bad_alloc{};
  BIO_set_data(made, this);
  BIO_set_init(made, 1);
  return made;
}

}  // namespace trivium
