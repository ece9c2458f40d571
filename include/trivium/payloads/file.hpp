// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A file as a source and as a sink.
#pragma once

#include <trivium/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <trivium/detail/transit.hpp>
#include <trivium/detail/window.hpp>
#include <trivium/error.hpp>
#include <trivium/payload.hpp>
#include <type_traits>

namespace TRIVIUM_EXPORT trivium {

/// A part of a file.
struct file_range {
  std::uint64_t offset = 0;                  ///< where it begins
  std::optional<std::uint64_t> length = {};  ///< how many bytes; none: see file_source and file_sink
};

/// How a file_sink writes.
struct file_options {
  bool only_new = false;  ///< fails with EEXIST if the path exists (O_EXCL)
  bool sync = false;      ///< fsync(2) when all is written: the transfer then ends when the device has it
};

/// What a path may be given as, besides a `char const*`: std::string, std::filesystem::path.
template <class Path>
concept path_string = requires(Path const& path) {
  { path.c_str() } -> std::same_as<char const*>;
};

namespace detail {

/// An open file, owned or borrowed, and the part of it that remains.
class open_file {
 public:
  static constexpr bool waits_elsewhere = false;

  /// An error of opening the file, or of looking at it. A transfer ends with it at its first attempt.
  error_code error() const noexcept { return error_; }
  /// The position in the file at which the next byte is read or written.
  std::uint64_t position() const noexcept { return at_; }
  /// The file's descriptor; negative if it could not be opened.
  int native_handle() const noexcept { return descriptor_; }

 protected:
  open_file(int descriptor, direction of, file_range const& part) noexcept;
  open_file(char const* path, int flags, direction of, file_range const& part) noexcept;
  open_file(open_file&&) noexcept;
  ~open_file();

  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  bool is_owned() const noexcept { return owned_; }
  bool at_end() const noexcept { return at_ == end_; }
  std::size_t clipped(std::size_t most) const noexcept;  // to what remains

  error_code error_;
  std::uint64_t at_ = 0, end_ = unknown;
  std::uint64_t size_ = 0;  // when it was opened, of a regular file
  bool is_regular_ = false;

 private:
  void begin(direction of, file_range const& part) noexcept;

  int descriptor_ = -1;
  bool owned_ = false;
};

}  // namespace detail

/// A part of a file as a source.
///
///     blocking::send_file(peer, "disk.img", {.stall_timeout = 10s});
///     blocking::send_file(peer, {descriptor, {.offset = 4096, .length = size}});
///
/// Effect:   the kernel sends the file's pages by sendfile(2), without a copy to the program. Where it
///           cannot, as over TLS, they are read into memory of 64 KiB to 1 MiB and sent from there. The
///           file's own position is neither used nor changed.
/// Length:   without a length, all from `offset` to the size that the file has now, which is nothing if the
///           offset is behind it; what is appended later is not sent. Of a file whose size is given as 0, as
///           in /proc, all that can be read.
/// Errors:   those of open(2), read(2) and sendfile(2): EISDIR, EACCES, EIO; ESPIPE: it is a pipe or a
///           socket, which has no positions. errc::source_ended: the file has become shorter than the part
///           that was to be sent, or claims a size that it does not have, as in /sys. After each of them
///           the connection can be used, and exactly `transfer_result::bytes` of the part have been sent.
///           EBADF is judged as if it were the connection's.
/// Lifetime: a descriptor is borrowed; a file that is named by its path is closed with the source. The
///           kernel sends what the file holds when that goes out, so it is not to be written to before the
///           peer has taken all: see `finish`.
/// Waits:    for a file that is not in memory, in the call itself, until the device has read it: Linux
///           reads no file without that. No limit ends such a wait, and it holds an event loop.
/// O_NONBLOCK: set on the connection's descriptor by the first attempt that must not sleep, and left set,
///           as by Asio's own operations: sendfile(2) has no flags.
class file_source : public detail::open_file {
 public:
  /// Borrows an open descriptor.
  file_source(int descriptor, file_range part = {}) noexcept;
  /// Opens the file at `path` for reading. If that fails, the transfer ends with the error.
  file_source(char const* path, file_range part = {}) noexcept;
  template <path_string Path>
  file_source(Path const& path, file_range part = {}) noexcept : file_source{path.c_str(), part} {}

  /// The number of bytes that remain; none if the size is not known.
  std::optional<std::uint64_t> left() const noexcept;
  /// Makes one attempt to send at most `most` bytes; see `source`.
  attempt send_to(channel& to, std::size_t most, may_block allowed) noexcept;
  /// Whether all has been sent.
  bool done() const noexcept { return !error_ && at_end(); }

 private:
  void choose_end() noexcept;
  attempt send_copy(channel& to, std::size_t most, may_block allowed) noexcept;

  detail::window window_;
  bool copies_ = false;  // the bytes go through the window
};

/// A part of a file as a sink.
///
///     blocking::receive_file(peer, "upload.part", {.stall_timeout = 10s});
///     blocking::receive_file(peer, {"upload.part", {.offset = have, .length = rest}, {.sync = true}});
///
/// Effect:   receives and writes in turn. What comes in bulk is spliced through a pipe, without a copy to
///           the program; otherwise it goes through memory of 64 KiB to 1 MiB. With a length, the blocks of
///           the file are allocated first, so that a full disk is reported before a byte is taken; those
///           that were not needed are given back with the sink, unless the descriptor is borrowed. The file's
///           own position is neither used nor changed.
/// Length:   without a length, all that comes until the peer finishes sending, which is then no error.
/// Path:     creates the file, with the permissions that the umask leaves of 0666, or replaces what it
///           holds behind `offset`. A descriptor's file is not shortened.
/// Errors:   those of open(2), write(2), fallocate(2) and fsync(2): ENOSPC, EDQUOT, EIO; EFBIG, where
///           SIGXFSZ is ignored; ESPIPE. errc::end_of_file: the peer has finished sending before `length`
///           bytes. After an error of the file the connection can be used. What was taken from it and is
///           not in the file stays in the sink, see `unwritten`: pass the sink by reference (`borrow`) to
///           continue when there is room. After a failed fsync it cannot be continued.
/// Lifetime: a descriptor is borrowed; a file that is named by its path is closed with the sink.
/// Waits:    in open(2), fallocate(2), write(2) and fsync(2), until the device has done it. No limit ends
///           such a wait, and it holds an event loop.
class file_sink : public detail::open_file {
 public:
  /// Borrows a descriptor that is open for writing. (With O_APPEND it is EINVAL: such a file has no offset.)
  file_sink(int descriptor, file_range part = {}, file_options how = {}) noexcept;
  /// Opens the file at `path` for writing. If that fails, the transfer ends with the error.
  file_sink(char const* path, file_range part = {}, file_options how = {}) noexcept;
  template <path_string Path>
  file_sink(Path const& path, file_range part = {}, file_options how = {}) noexcept
      : file_sink{path.c_str(), part, how} {}
  file_sink(file_sink&&) noexcept = default;
  ~file_sink();

  /// The number of bytes that have been received and not been written, because writing failed. The next
  /// attempt writes them before it receives.
  std::size_t unwritten() const noexcept { return received_.size(); }
  /// Makes one attempt to receive at most `most` bytes; see `sink`.
  attempt receive_from(channel& from, std::size_t most, may_block allowed) noexcept;
  /// Whether all has been received and written.
  bool done() const noexcept { return !error_ && at_end() && !owes_sync_; }

 private:
  void allocate() noexcept;
  error_code sync() noexcept;

  detail::transit received_;
  bool owes_sync_ = false;
  bool allocates_ = false;
};

}  // namespace trivium
