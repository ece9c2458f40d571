// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is sent comes out of a file: the library's three ways, and what everybody writes by hand. It is
// received into memory, as by the other arms.
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>
#include <trivium/async.hpp>
#include <trivium/blocking.hpp>
#include <trivium/nonblocking.hpp>
#include <trivium/socket.hpp>
#include <trivium/stream.hpp>
#include <trivium/trampoline.hpp>
#include <vector>

#include "../steps/descriptor.hpp"
#include "arm.hpp"
#include "async.hpp"
#include "blocking.hpp"
#include "raw.hpp"

namespace trivium::bench {

namespace {

constexpr std::size_t file_size = std::size_t{64} << 20;

// A file in memory, as one that was read before is, and larger than a cache. It is written when a way is
// made, before anything is measured.
int file_in_memory() {
  static descriptor const file = [] {
    descriptor made(::memfd_create("trivium-bench", MFD_CLOEXEC));
    std::vector<std::byte> const piece(std::size_t{1} << 20, std::byte{1});
    for (std::size_t written = 0; written < file_size; written += piece.size()) {
      if (::write(made.get(), piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()))
        throw std::system_error(errno, std::generic_category(), "a file of 64 MiB in memory");
    }
    return made;
  }();
  return file.get();
}

// Operation after operation is taken from the file, and then from its beginning again.
class sent_file {
 public:
  [[nodiscard]] int get() const { return file_; }
  /// Where the next `bytes` are, and how many of them before the end of the file.
  file_range next(std::size_t bytes) {
    if (at_ == file_size) at_ = 0;
    auto const from = at_;
    auto const length = std::min(bytes, file_size - from);
    at_ += length;
    return {.offset = from, .length = length};
  }

 private:
  int file_ = file_in_memory();
  std::size_t at_ = 0;
};

// `send(range)` until `bytes` have been sent.
template <class Send>
outcome send_from(sent_file& file, std::size_t bytes, Send send) {
  outcome all;
  while (all.bytes < bytes) {
    auto const came = send(file.next(bytes - all.bytes));
    all.bytes += came.bytes;
    all.error = came.error;
    if (all.error) break;
  }
  return all;
}

struct on_socket : socket {
  explicit on_socket(lane const& from) : socket(from.socket) {}
};

template <bool Retries>
class file_operations : public blocking_operations<on_socket, unarmed> {
 public:
  using blocking_operations::blocking_operations;

  outcome send(std::span<std::byte const> bytes) {
    return send_from(file_, bytes.size(), [&](file_range const& part) {
      file_source from{file_.get(), part};
      if constexpr (Retries)
        return trivium_outcome(nonblocking::send_file(channel_, std::move(from), retry::poll), kept_);
      else
        return trivium_outcome(trivium::blocking::send_file(channel_, std::move(from)), kept_);
    });
  }

 private:
  sent_file file_;
};

template <class Operations>
class file_way final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    a_thread_each(lanes, kept, [](lane const& connection, other_work& others, tally& counts) {
      Operations does(connection, counts);
      in_turn(*connection.what, others, does);
    });
  }
};

struct on_stream : trivium::stream {
  on_stream(lane const& from, executor_type executor)
      : trivium::stream(trivium::socket{from.socket}, std::move(executor)) {}
};

class async_file_connection : public async_connection<on_stream, unarmed> {
 public:
  using async_connection::async_connection;

  template <class Then>
  std::nullopt_t send(std::span<std::byte const> bytes, Then then) {
    send_rest(bytes.size(), 0, then);
    return std::nullopt;
  }

 private:
  // Twice where an operation passes the end of the file.
  template <class Then>
  void send_rest(std::size_t bytes, std::size_t before, Then then) {
    file_source from{file_.get(), file_.next(bytes)};
    trivium::async::send_file(stream_, std::move(from), [=, this](transfer_result const& came) {
      auto all = trivium_outcome(came, kept_);
      auto const left = bytes - all.bytes;
      all.bytes += before;
      if (left == 0 || all.error)
        then(all);
      else
        send_rest(left, all.bytes, then);
    });
  }

  sent_file file_;
};

// By hand: the kernel's own call, and the loop that it saves.
enum class by_hand { sendfile, read_and_send };

// What is written by hand keeps no counts.
struct not_kept {
  tally counts;
};

template <by_hand How>
class hand_written : not_kept, public blocking_operations<on_socket, unarmed> {
 public:
  hand_written(lane const& from, tally&) : blocking_operations(from, counts), room_(256 * 1024) {}

  outcome send(std::span<std::byte const> bytes) {
    return send_from(file_, bytes.size(), [&](file_range const& part) {
      outcome so_far;
      auto at = static_cast<off_t>(part.offset);
      while (so_far.bytes < *part.length && (How == by_hand::sendfile ? sends_pages(at, *part.length, so_far)
                                                                      : copies(at, *part.length, so_far))) {
      }
      return so_far;
    });
  }

 private:
  bool sends_pages(off_t& at, std::size_t length, outcome& so_far) {
    auto const left = std::min(length - so_far.bytes, raw::most_a_call);
    return raw::moved(::sendfile(channel_.native_handle(), file_.get(), &at, left), so_far);
  }
  bool copies(off_t& at, std::size_t length, outcome& so_far) {
    auto const n = ::pread(file_.get(), room_.data(), std::min(length - so_far.bytes, room_.size()), at);
    if (n < 0) return raw::moved(n, so_far);
    at += n;
    for (std::size_t sent = 0; sent != static_cast<std::size_t>(n);) {
      auto const before = so_far.bytes;
      if (!raw::moved(::send(channel_.native_handle(), room_.data() + sent,
                             static_cast<std::size_t>(n) - sent, MSG_NOSIGNAL),
                      so_far))
        return false;
      sent += so_far.bytes - before;
    }
    return true;
  }

  sent_file file_;
  std::vector<std::byte> room_;
};

template <class Way>
std::unique_ptr<way> made() {
  file_in_memory();
  return std::make_unique<Way>();
}

}  // namespace

std::span<arm const> file_arms() {
  static constexpr auto arms = std::array{
      arm{.name = "blocking.file",
          .sentence = "blocking::send_file out of a file in memory",
          .counterpart = "posix.sendfile",
          .holds_thread = true,
          .make = [] { return made<file_way<file_operations<false>>>(); }},
      arm{.name = "nonblocking.file",
          .sentence = "nonblocking::send_file, and poll between the attempts",
          .counterpart = "posix.sendfile",
          .holds_thread = true,
          .make = [] { return made<file_way<file_operations<true>>>(); }},
      arm{.name = "async.file",
          .sentence = "async::send_file",
          .counterpart = "posix.sendfile",
          .for_a_mib = {.bytes_a_loop_wait = trivium::async::budget},
          .make = [] { return made<on_loop<async_file_connection, trivium::async::trampoline>>(); }},
      arm{.name = "posix.sendfile",
          .sentence = "a hand-written loop of sendfile(2) on a blocking socket",
          .counterpart = "posix.read_send",
          .holds_thread = true,
          .make = [] { return made<file_way<hand_written<by_hand::sendfile>>>(); }},
      arm{.name = "posix.read_send",
          .sentence = "a hand-written loop of pread(2) and send(2), 256 KiB at a time",
          .holds_thread = true,
          .for_a_mib = {.sends = 4},
          .make = [] { return made<file_way<hand_written<by_hand::read_and_send>>>(); }},
  };
  return arms;
}

}  // namespace trivium::bench
