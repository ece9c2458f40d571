// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The end of a WebSocket's connection, as Beast asks for it: what the peer still sends is read and dropped,
// since the close of a socket with unread bytes would reset the connection and take from the peer what is on
// its way. RFC 6455, 7.1.1: the server ends its sending first, the client once it has seen the server's end.
#pragma once

#include <trivium/config.hpp>

#include <array>
#include <boost/asio/append.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <optional>
#include <trivium/detail/readiness.hpp>
#include <trivium/error.hpp>
#include <trivium/nonblocking.hpp>

namespace TRIVIUM_EXPORT trivium {

/// Of a `Stream` that is an asio_stream: its mode bounds each wait.
template <class Stream>
class tearing_down {
 public:
  using role = boost::beast::role_type;

  tearing_down(role as, Stream& of) noexcept : as_{as}, stream_{&of} {}

  /// In the calling thread.
  void operator()(error_code& error) {
    begin();
    for (error = {}; !error;) stream_->read_some(boost::asio::buffer(*dropped_), error);
    error = end(error);
  }

  /// For boost::asio::async_compose.
  template <class Self>
  void operator()(Self& self) {
    begin();
    place_.emplace(*stream_);
    if (int const code = place_->attach({}); code != 0)
      boost::asio::post(stream_->get_executor(),
                        boost::asio::append(std::move(self), wait_failed(code), std::size_t{}));
    else
      read(self);
  }
  template <class Self>
  void operator()(Self& self, error_code error, std::size_t) {
    // Between the end of a read and here it may be gone.
    if (place_->lost())
      self.complete(boost::asio::error::operation_aborted);
    else if (error)
      self.complete(end(error));
    else
      read(self);
  }

 private:
  // One attempt, without waiting: a peer that is still sending may take nothing before we have read all of
  // it. An error is left for the read to tell.
  void shut() { (void)nonblocking::finish(*stream_); }

  void begin() {
    dropped_ = std::make_unique<memory>();
    if (as_ == role::server) shut();
  }

  template <class Self>
  void read(Self& self) {
    auto const into = boost::asio::buffer(*dropped_);  // before the operation moves
    stream_->async_read_some(into, std::move(self));
  }

  error_code end(error_code why) {
    if (why != boost::asio::error::eof) return why;
    if (as_ == role::client) shut();
    stream_->close();
    return {};
  }

  using memory = std::array<char, 2048>;
  role as_;
  Stream* stream_;
  std::optional<registered_place<Stream>> place_;
  std::unique_ptr<memory> dropped_;
};

}  // namespace trivium
