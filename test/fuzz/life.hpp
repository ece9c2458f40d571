// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// One of many connections on a loop: what happens to it is random, what it receives is not. Each receives
// bytes of its own, so that what was meant for another shows.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <trivium/stream.hpp>
#include <vector>

#include "content.hpp"
#include "randomness.hpp"
#include "record.hpp"
#include "stopper.hpp"

namespace trivium::fuzz {

class life {
 public:
  /// What is the same for all lives of a batch.
  struct setting {
    boost::asio::io_context& loop;
    stopper* stops;     ///< stops come from another thread; null: the process is forked now and then instead
    bool waits_in_set;  ///< all waits, and not only those that the loop chooses
    record& to;
  };

  life(setting const& in, std::uint64_t number, randomness random);

  /// Something happens to it.
  void step();
  /// Requires: the loop has nothing to do. What is waited for although it is there; null if nothing is.
  char const* missed() const;
  /// The far end takes what has been sent to it, and leaves once nothing is being sent. Returns whether
  /// nothing is under way any more.
  bool end();

 private:
  using time = std::chrono::steady_clock::time_point;

  // An operation under way: what it may end with depends on what has been done to it since.
  struct under_way {
    bool is = false;
    bool stopped = false;  // by us, or the connection was lost
    time due;              // time_point::max(): no limit that may be reached
    std::uint64_t number = 0;
    std::stop_source stop;
    std::stop_token token;
    void begin(std::chrono::milliseconds limit);
  };

  void receive();
  void send();
  void wait(boost::asio::socket_base::wait_type until);
  void lose();
  void far_sends();
  void far_receives();
  void far_leaves();
  void forks();

  template <class Start>
  void start(under_way& of, Start start);
  limits limits_for(under_way& of);
  void stop_all();
  void ended(char const* what, under_way& of, transfer_result const& came, std::size_t asked, bool all);
  template <class... Parts>
  void broken(Parts const&... parts) {
    in_.to.broken("life ", number_, ": ", parts...);
  }

  setting in_;
  std::uint64_t number_;
  randomness random_;

  std::unique_ptr<stream> near_;
  trivium::socket far_;
  content to_near_, to_far_;
  std::size_t sent_to_near_ = 0, received_ = 0;  // by the far end, by the near end
  std::size_t sent_ = 0, received_from_near_ = 0;
  bool far_left_ = false;
  bool was_reset_ = false;  // said once: from then on a receive finds an end, and what was queued is gone

  under_way receiving_, sending_;
  std::array<under_way, 2> waiting_;  // for input, for room
  std::vector<std::byte> into_;
};

}  // namespace trivium::fuzz
