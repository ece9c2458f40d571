// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <limits.h>

#include <trivium/buffers.hpp>

namespace trivium {

void pieces::reserve(std::size_t count) {
  if (count > inside) more_ = std::make_unique_for_overwrite<iovec[]>(count);
}

void pieces::add(iovec piece) noexcept {
  if (piece.iov_len == 0) return;
  begin()[count_++] = piece;
  left_ += piece.iov_len;
  cut_ = count_;
}

std::span<iovec> pieces::next(std::size_t most) noexcept {
  auto* const all = begin();
  if (count_ - first_ == 1 && all[first_].iov_len <= most) return {all + first_, 1};
  auto last = first_;
  for (std::size_t room = most; last != count_ && last - first_ != IOV_MAX && room != 0; ++last) {
    if (all[last].iov_len > room) {
      cut_ = last;
      cut_length_ = all[last].iov_len;
      all[last].iov_len = room;
    }
    room -= all[last].iov_len;
  }
  return {all + first_, last - first_};
}

void pieces::consume(std::size_t done) noexcept {
  auto* const all = begin();
  if (cut_ != count_) {
    all[cut_].iov_len = cut_length_;
    cut_ = count_;
  }
  left_ -= done;
  while (done != 0) {
    auto& piece = all[first_];
    if (done < piece.iov_len) {
      piece.iov_base = static_cast<char*>(piece.iov_base) + done;
      piece.iov_len -= done;
      return;
    }
    done -= piece.iov_len;
    ++first_;
  }
}

}  // namespace trivium
