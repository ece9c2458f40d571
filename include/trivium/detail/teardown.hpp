// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Closes the connection of a WebSocket, as Beast requires it: reads and discards what the peer still sends.
// Closing a socket with unread bytes would reset the connection, and the peer could lose data that is still
// in transit. RFC 6455, 7.1.1: the server shuts down its sending first; the client does so after it has
// received the server's end of stream.
#pragma once

#include <trivium/config.hpp>

#include <array>
#include <boost/asio/append.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/error.hpp>
#include <trivium/nonblocking.hpp>

// Declared here, so that a stream includes no header of Beast: Beast's enumerators are client (0) and server
// (1).
namespace boost::beast {
enum class role_type;
}

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// The implementation of Beast's teardown and async_teardown. `Stream` is an asio_stream, and its mode limits
/// each wait.
///
/// Errors: those of the reads, except the end of the stream, which is the expected outcome; operation_aborted
/// if the stream was closed or destroyed meanwhile.
template <class Stream>
class tearing_down {
 public:
  static constexpr boost::beast::role_type client{0}, server{1};

  tearing_down(boost::beast::role_type as, Stream& of) noexcept : as_{as}, stream_{&of} {}

  /// Synchronous: blocks the calling thread.
  void operator()(error_code& error) {
    begin();
    for (error = {}; !error;) stream_->read_some(boost::asio::buffer(*dropped_), error);
    error = end(error);
  }

  /// The implementation of a composed operation, for boost::asio::async_compose.
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
    // The stream may have been destroyed after the read completed and before this handler was invoked.
    if (place_->lost())
      self.complete(boost::asio::error::operation_aborted);
    else if (error)
      self.complete(end(error));
    else
      read(self);
  }

 private:
  // Makes one attempt to finish, without waiting: a peer that is still sending may not receive anything
  // before all it sends has been read. An error is ignored here. The next read reports it.
  void shut() { (void)nonblocking::finish(*stream_); }

  void begin() {
    dropped_ = std::make_unique<memory>();
    if (as_ == server) shut();
  }

  template <class Self>
  void read(Self& self) {
    auto const into = boost::asio::buffer(*dropped_);  // before self, which owns `dropped_`, is moved from
    stream_->async_read_some(into, std::move(self));
  }

  error_code end(error_code why) {
    if (why != boost::asio::error::eof) return why;
    if (as_ == client) shut();
    stream_->close();
    return {};
  }

  using memory = std::array<char, 2048>;
  boost::beast::role_type as_;
  Stream* stream_;
  std::optional<shared_registration<Stream>> place_;
  std::unique_ptr<memory> dropped_;
};

}  // namespace detail
}  // namespace trivium
