// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The peer of a session: plain system calls, and OpenSSL without trivium, in a thread of its own. It is slow,
// comes in bursts, ends its sending, closes or resets in the middle and changes its keys, as its plan says.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <trivium/socket.hpp>

#include "content.hpp"
#include "plan.hpp"
#include "record.hpp"

namespace trivium::fuzz {

/// What it saw, and what the kernel, or its TLS, took of what it wrote.
struct far_report {
  std::size_t read = 0;
  digest::value read_digest{};
  bool saw_end = false;        // that the near end says is one
  bool saw_cut = false;        // TLS: the end of the connection, unannounced
  std::size_t written = 0;     // and told so
  std::size_t offered = 0;     // of which the last may have gone in part
  bool ended_sending = false;  // as its plan says
  bool killed = false;         // closed or reset before the near end had ended
  std::size_t key_updates = 0;
  std::size_t calls = 0;  // that moved something, and so may have woken the near end
};

/// A connection as the far end has it. No call sleeps.
class far_channel {
 public:
  enum class outcome { moved, again, ended, cut, failed };
  struct answer {
    outcome what = outcome::failed;
    std::size_t bytes = 0;
    int code = 0;
  };

  virtual ~far_channel() = default;
  virtual answer shake() { return {outcome::moved}; }
  virtual answer read(std::span<std::byte> into) = 0;
  virtual answer write(std::span<std::byte const> from) = 0;
  virtual answer end_sending(bool politely) = 0;
  /// New keys for what is written. False: not now.
  virtual bool update_keys() { return false; }
  /// What poll(2) has to wait for, beside what is wanted.
  virtual short reading_waits_for() const { return 0; }
  virtual short writing_waits_for() const { return 0; }
};

class far_end {
 public:
  /// `expected` is what the near end sends, `sent` what it is to receive; `may_read` and `may_write` say
  /// whether it may begin, where its plan waits for that.
  far_end(socket end, plan const& of, content expected, content sent, std::function<bool()> may_read,
          std::function<bool()> may_write, record& to);
  ~far_end();

  /// Waits for its end, which comes by itself when the near end is closed.
  far_report const& report();

 private:
  class running;
  std::unique_ptr<running> running_;
  std::thread thread_;
};

#ifdef TRIVIUM_TLS
std::unique_ptr<far_channel> tls_far_channel(int descriptor, far_plan const& how, record& to);
#endif

}  // namespace trivium::fuzz
