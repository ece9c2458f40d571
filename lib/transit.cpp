// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>

#include <algorithm>
#include <trivium/detail/transit.hpp>

#include "errno.hpp"
#include "system.hpp"

namespace trivium::detail {
namespace {

bool is_unable(attempt const& answer) noexcept {
  return answer.what == attempt::outcome::failed && answer.error == kernels(EOPNOTSUPP);
}

}  // namespace

bool pipe::open() noexcept {
  int ends[2];
  if (system().pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  reading_ = ends[0];
  writing_ = ends[1];
  // A user may not have any number of large ones. The next are so small that memory is better.
  int size = system().set_pipe_size(writing_, static_cast<int>(window::last_capacity));
  if (size < 0) size = system().get_pipe_size(writing_);
  capacity_ = static_cast<std::size_t>(std::max(size, 0));
  if (capacity_ < window::first_capacity) close();
  return is_open();
}

void pipe::close() noexcept {
  if (!is_open()) return;
  system().close(std::exchange(reading_, -1));
  system().close(std::exchange(writing_, -1));
}

bool transit::may_pipe() noexcept {
  if (is_bulk_ && !copies_ && !pipe_.is_open()) copies_ = !pipe_.open();
  return pipe_.is_open() && !copies_;
}

void transit::stop_piping() noexcept {
  copies_ = true;
  if (in_pipe_ == 0) pipe_.close();
}

attempt transit::receive_from(channel& from, std::size_t most, may_block allowed) noexcept {
  if (may_pipe()) {
    auto const answer = from.receive_to_pipe(pipe_.writing_end(), std::min(most, pipe_.capacity()), allowed);
    if (!is_unable(answer)) {
      in_pipe_ = answer.bytes;
      return answer;
    }
    stop_piping();
  }
  iovec room = memory_.room(most);
  if (room.iov_len == 0) return failed(kernels(ENOMEM));
  auto const answer = from.receive({&room, 1}, allowed);
  memory_.fill(answer.bytes);
  is_bulk_ = is_bulk_ || answer.bytes >= window::first_capacity;
  return answer;
}

attempt transit::send_to(channel& to, std::size_t most, may_block allowed) noexcept {
  if (memory_.empty() && !copies_) {
    auto const answer = to.send_from_pipe(pipe_.reading_end(), std::min(most, in_pipe_), allowed);
    if (!is_unable(answer)) {
      in_pipe_ -= answer.bytes;
      return answer;
    }
    stop_piping();
  }
  if (memory_.empty())
    if (auto const error = read_from_pipe()) return failed(error);
  iovec const next = memory_.front(most);
  auto const answer = to.send({&next, 1}, allowed);
  memory_.consume(answer.bytes);
  return answer;
}

error_code transit::write_to(int file, std::uint64_t& position) noexcept {
  while (!empty()) {
    auto at = static_cast<off_t>(position);
    ssize_t n = 0;
    if (memory_.empty() && !copies_) {
      n = uninterrupted([&] { return system().write_from_pipe(pipe_.reading_end(), file, &at, in_pipe_); });
      if (n < 0 && errno != EINVAL) return last_error();
      if (n <= 0) {  // it is none of the files that take pages
        stop_piping();
        continue;
      }
      in_pipe_ -= static_cast<std::size_t>(n);
    } else if (memory_.empty()) {
      if (auto const error = read_from_pipe()) return error;
    } else {
      auto const next = memory_.front(memory_.size());
      n = uninterrupted([&] { return system().pwrite(file, next.iov_base, next.iov_len, at); });
      if (n < 0) return last_error();
      if (n == 0) return kernels(EIO);  // no file does; it would be tried for ever
      memory_.consume(static_cast<std::size_t>(n));
    }
    position += static_cast<std::uint64_t>(n);
  }
  return {};
}

error_code transit::read_from_pipe() noexcept {
  auto const room = memory_.room(in_pipe_);
  if (room.iov_len == 0) return kernels(ENOMEM);
  auto const n =
      uninterrupted([&] { return system().read(pipe_.reading_end(), room.iov_base, room.iov_len); });
  if (n < 0) return last_error();
  memory_.fill(static_cast<std::size_t>(n));
  in_pipe_ -= static_cast<std::size_t>(n);
  if (in_pipe_ == 0) stop_piping();
  return {};
}

}  // namespace trivium::detail
