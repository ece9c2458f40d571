// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>

#include <algorithm>
#include <limits>
#include <trivium/payloads/file.hpp>
#include <utility>

#include "errno.hpp"
#include "system.hpp"

namespace trivium {
namespace {

bool is_within_off_t(file_range const& part) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<off_t>::max();
  return part.offset <= most && part.length.value_or(0) <= most - part.offset;
}

}  // namespace

namespace detail {

open_file::open_file(int descriptor, direction of, file_range const& part) noexcept
    : descriptor_{descriptor} {
  begin(of, part);
}

// O_NONBLOCK has no effect on a file. Without it, to open a pipe would wait for its other end.
open_file::open_file(char const* path, int flags, direction of, file_range const& part) noexcept
    : descriptor_{uninterrupted(
          [&] { return system().open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666); })},
      owned_{descriptor_ >= 0} {
  if (!owned_)
    error_ = last_error();
  else
    begin(of, part);
}

open_file::open_file(open_file&& from) noexcept
    : error_{from.error_},
      at_{from.at_},
      end_{from.end_},
      size_{from.size_},
      is_regular_{from.is_regular_},
      descriptor_{std::exchange(from.descriptor_, -1)},
      owned_{std::exchange(from.owned_, false)} {}

open_file::~open_file() {
  if (owned_) system().close(descriptor_);
}

// What would fail at the first read or write fails here, before a byte is taken from a connection.
void open_file::begin(direction of, file_range const& part) noexcept {
  at_ = part.offset;
  if (part.length) end_ = at_ + *part.length;
  struct stat file {};
  int const flags = system().get_flags(descriptor_);
  if (flags < 0 || system().fstat(descriptor_, &file) != 0) {
    error_ = last_error();
    return;
  }
  bool const sends = of == direction::send;
  is_regular_ = S_ISREG(file.st_mode);
  size_ = static_cast<std::uint64_t>(file.st_size);
  if ((flags & O_ACCMODE) == (sends ? O_WRONLY : O_RDONLY))
    error_ = kernels(S_ISDIR(file.st_mode) ? EISDIR : EBADF);
  else if (S_ISDIR(file.st_mode))
    error_ = kernels(EISDIR);
  else if (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode))
    error_ = kernels(ESPIPE);
  else if (!is_within_off_t(part) || (!sends && (flags & O_APPEND) != 0))
    error_ = kernels(EINVAL);
}

std::size_t open_file::clipped(std::size_t most) const noexcept {
  return static_cast<std::size_t>(std::min<std::uint64_t>(most, end_ - at_));
}

}  // namespace detail

// --- Sending.

file_source::file_source(int descriptor, file_range part) noexcept
    : open_file{descriptor, direction::send, part} {
  choose_end();
}

file_source::file_source(char const* path, file_range part) noexcept
    : open_file{path, O_RDONLY, direction::send, part} {
  choose_end();
}

// Where the size is not known the file is copied: sendfile does not report whether a short count was the end
// of the file, or of the room in the socket.
void file_source::choose_end() noexcept {
  copies_ = !is_regular_ || size_ == 0;
  if (!copies_ && end_ == unknown) end_ = std::max(at_, size_);
}

std::optional<std::uint64_t> file_source::left() const noexcept {
  if (end_ == unknown) return {};
  return end_ - at_;
}

attempt file_source::send_to(channel& to, std::size_t most, may_block allowed) noexcept {
  if (error_) return failed(error_);
  if (copies_) return send_copy(to, most, allowed);
  auto const answer = to.send_file(native_handle(), at_, clipped(most), allowed);
  if (answer.what == attempt::outcome::failed && answer.error == kernels(EOPNOTSUPP)) {
    copies_ = true;
    return send_copy(to, most, allowed);
  }
  at_ += answer.bytes;
  return answer;
}

attempt file_source::send_copy(channel& to, std::size_t most, may_block allowed) noexcept {
  if (window_.empty()) {
    auto const room = window_.room(clipped(window_.last_capacity));
    if (room.iov_len == 0) return failed(kernels(ENOMEM));
    auto const n = uninterrupted([&] {
      return system().pread(native_handle(), room.iov_base, room.iov_len, static_cast<off_t>(at_));
    });
    if (n < 0) return failed(last_error());
    if (n == 0 && end_ != unknown) return failed(errc::source_ended);
    if (n == 0) {
      end_ = at_;
      return {.what = attempt::outcome::moved, .calls = 0};
    }
    window_.fill(static_cast<std::size_t>(n));
  }
  iovec const next = window_.front(most);
  auto const answer = to.send({&next, 1}, allowed);
  window_.consume(answer.bytes);
  at_ += answer.bytes;
  return answer;
}

// --- Receiving.

file_sink::file_sink(int descriptor, file_range part, file_options how) noexcept
    : open_file{descriptor, direction::receive, part}, owes_sync_{how.sync} {
  allocate();
}

file_sink::file_sink(char const* path, file_range part, file_options how) noexcept
    : open_file{path, O_WRONLY | O_CREAT | (how.only_new ? O_EXCL : 0) | (part.offset == 0 ? O_TRUNC : 0),
                direction::receive, part},
      owes_sync_{how.sync} {
  if (!error_ && at_ != 0 &&
      uninterrupted([&] { return system().ftruncate(native_handle(), static_cast<off_t>(at_)); }) != 0 &&
      errno != EINVAL)  // a device has no size
    error_ = last_error();
  allocate();
}

// The size is kept: a file of which not all came would otherwise end with zeros.
void file_sink::allocate() noexcept {
  if (error_ || !is_regular_ || end_ == unknown || at_end()) return;
  allocates_ = true;
  auto const allocated = uninterrupted([&] {
    return system().fallocate(native_handle(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at_),
                              static_cast<off_t>(end_ - at_));
  });
  // Not every file system can.
  if (allocated != 0 && errno != EOPNOTSUPP && errno != ENOSYS) error_ = last_error();
}

// What was allocated and not written is given back: to shorten a file to its size removes what is behind it.
// So is what a failed allocation leaves. A borrowed file may have other writers, whose bytes that could
// remove.
file_sink::~file_sink() {
  if (!allocates_ || !is_owned() || (!error_ && at_end())) return;
  struct stat file {};
  if (system().fstat(native_handle(), &file) == 0)
    static_cast<void>(system().ftruncate(native_handle(), file.st_size));
}

attempt file_sink::receive_from(channel& from, std::size_t most, may_block allowed) noexcept {
  if (error_) return failed(error_);
  if (auto const error = received_.write_to(native_handle(), at_)) return failed(error);
  attempt answer{.calls = 0};
  if (!at_end()) {
    answer = received_.receive_from(from, clipped(most), allowed);
    if (answer.what == attempt::outcome::failed && answer.error == errc::end_of_file && end_ == unknown) {
      end_ = at_;
      answer.what = attempt::outcome::moved;
      answer.error = {};
    }
    if (auto const error = received_.write_to(native_handle(), at_)) {
      answer.what = attempt::outcome::failed;
      answer.error = error;
    }
  }
  if (answer.what == attempt::outcome::failed || !at_end()) return answer;
  if (auto const error = sync()) {
    answer.what = attempt::outcome::failed;
    answer.error = error;
  }
  return answer;
}

error_code file_sink::sync() noexcept {
  if (!owes_sync_) return {};
  // The kernel reports the loss of data once: another fsync would succeed.
  if (uninterrupted([&] { return system().fsync(native_handle()); }) != 0) return error_ = last_error();
  owes_sync_ = false;
  return {};
}

}  // namespace trivium
