// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The library's async way over any stream.
#pragma once

#include <trivium/async.hpp>

#include "armed.hpp"
#include "on_loop.hpp"
#include "trivium_outcome.hpp"

namespace trivium::bench {

/// A `Stream` is made from a lane and an executor.
template <class Stream, class Limits>
class async_connection {
 public:
  async_connection(boost::asio::io_context& loop, lane const& from, tally& kept)
      : stream_(from, loop.get_executor()), kept_(kept) {}

  template <class Then>
  std::nullopt_t send(std::span<std::byte const> bytes, Then then) {
    with_limits([&](auto const&... limits) {
      trivium::async::send_all(stream_, bytes, limits..., translated(then));
    });
    return std::nullopt;
  }

  template <class Then>
  std::nullopt_t receive(std::span<std::byte> bytes, Then then) {
    with_limits([&](auto const&... limits) {
      trivium::async::receive_all(stream_, bytes, limits..., translated(then));
    });
    return std::nullopt;
  }

  template <class Then>
  std::nullopt_t receive_some(std::span<std::byte> bytes, Then then) {
    with_limits([&](auto const&... limits) {
      trivium::async::receive_some(stream_, bytes, limits..., translated(then));
    });
    return std::nullopt;
  }

  void close() { stream_.close(); }

 protected:
  // As a program would write it.
  void with_limits(auto start) {
    if constexpr (std::is_same_v<Limits, unarmed>)
      start();
    else
      start(limits_.get());
  }

  // `before` is what was moved before the operation was started.
  template <class Then>
  auto translated(Then then, std::size_t before = 0) {
    return [then, before, kept = &kept_](transfer_result const& came) {
      auto all = trivium_outcome(came, *kept);
      all.bytes += before;
      then(all);
    };
  }

  Stream stream_;
  tally& kept_;
  Limits limits_;
};

}  // namespace trivium::bench
