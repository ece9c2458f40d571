// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A socket with an executor and a mode: what the async way needs, and the other two accept; and an Asio
// stream.
#pragma once

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <trivium/mode.hpp>
#include <trivium/operation.hpp>
#include <trivium/readiness.hpp>
#include <trivium/socket.hpp>
#include <trivium/teardown.hpp>
#include <trivium/transfer.hpp>

namespace trivium {

class stream;

/// `error` as programs on Asio test for it: asio::error::would_block, timed_out, operation_aborted, eof. What
/// has no name there stays as it is.
error_code as_asio_error(error_code error) noexcept;

/// What an asynchronous operation of a stream's own tells: Asio's two arguments instead of a transfer_result.
template <class Handler>
class asio_completion {
 public:
  asio_completion(Handler handler, stream* of, transfer::direction to)
      : handler_{std::move(handler)}, stream_{of}, direction_{to} {}

  void operator()(transfer_result const& came);
  Handler const& handler() const noexcept { return handler_; }

 private:
  Handler handler_;
  stream* stream_;
  transfer::direction direction_;
};

/// Owns its socket, and a place in the executor's reactor from the first asynchronous wait on. Move-only; not
/// moved or destroyed while an operation is under way. Closed, it ends what is under way with errc::stopped.
///
/// It models Asio's SyncReadStream, SyncWriteStream, AsyncReadStream and AsyncWriteStream, so whatever is
/// built on those has timeouts, a deadline and a stop by changing one type, in blocking calls too:
///
///     trivium::stream there{std::move(peer), io.get_executor()};
///     there.set_timeout(5s);
///     http::read(there, buffer, response, error);  // asio::error::timed_out if the server goes silent
///
/// Threads: as for socket; asynchronous operations are started by one thread at a time (its strand).
class stream : public mode {
 public:
  using executor_type = boost::asio::any_io_executor;
  using lowest_layer_type = stream;  // for asio::ssl::stream

  stream(socket of, executor_type executor) noexcept : socket_{std::move(of)}, place_{std::move(executor)} {}

  /// Takes a connected Asio socket over, and its executor. Throws boost::system::system_error if it is closed
  /// or its operations under way cannot be cancelled.
  template <class Protocol, class Executor>
  explicit stream(boost::asio::basic_stream_socket<Protocol, Executor> from)
      : socket_{from.release()}, place_{from.get_executor()} {}

  stream(stream&&) = default;
  stream& operator=(stream&& from) {
    if (this == &from) return *this;
    close();
    mode::operator=(std::move(from));
    found_nothing_ = from.found_nothing_;
    unasked_ = from.unasked_;
    final_after_write_limit_ = from.final_after_write_limit_;
    write_limit_met_ = from.write_limit_met_;
    last_sent_ = from.last_sent_;
    last_received_ = from.last_received_;
    place_ = std::move(from.place_);
    socket_ = std::move(from.socket_);
    return *this;
  }

  executor_type get_executor() noexcept { return place_.get_executor(); }
  int native_handle() const noexcept { return socket_.native_handle(); }
  bool is_open() const noexcept { return socket_.is_open(); }

  /// Ends the waits under way, leaves the reactor, and gives the socket back.
  socket release() noexcept {
    place_.leave();
    return std::move(socket_);
  }
  void close() noexcept { release().close(); }

  /// Ends our sending (the peer sees the end of the file), our receiving, or both; see shutdown(2).
  error_code shutdown(boost::asio::socket_base::shutdown_type what) noexcept;

  result<endpoint> local_endpoint() const { return socket_.local_endpoint(); }
  result<endpoint> remote_endpoint() const { return socket_.remote_endpoint(); }
  template <class Option>
  error_code set_option(Option const& option) noexcept {
    return socket_.set_option(option);
  }
  template <class Option>
  error_code get_option(Option& option) const noexcept {
    return socket_.get_option(option);
  }

  // As an Asio stream. The mode ends each of these calls; the descriptor's O_NONBLOCK plays no part. Errors
  // are Asio's, as far as it has a name for them (`as_asio_error`); `last_result` tells the rest.

  /// At least one byte, or asio::error::eof. 0 only into an empty sequence. The short form throws
  /// boost::system::system_error.
  template <class MutableBuffers>
  std::size_t read_some(MutableBuffers const& into, error_code& error) {
    return wait_for({*this, receiving_some(as_range(into)), own()}, error);
  }
  template <class MutableBuffers>
  std::size_t read_some(MutableBuffers const& into) {
    return or_throw([&](error_code& error) { return read_some(into, error); });
  }

  /// As a socket's: where nothing but the peer could end the wait, all of `from`; else at least one byte.
  template <class ConstBuffers>
  std::size_t write_some(ConstBuffers const& from, error_code& error) {
    auto const what = as_range(from);
    return wait_for({*this, waits_for_ever() ? sending(what) : sending_some(what), own()}, error);
  }
  template <class ConstBuffers>
  std::size_t write_some(ConstBuffers const& from) {
    return or_throw([&](error_code& error) { return write_some(from, error); });
  }

  /// The same asynchronously: void(error_code, std::size_t), with all that async::receive_some and send_some
  /// promise. A timeout of zero is for calls that would hold the thread: these wait.
  template <class MutableBuffers, class Token>
  auto async_read_some(MutableBuffers const& into, Token&& token) {
    return initiate(receiving_some(as_range(into)), std::forward<Token>(token));
  }
  template <class ConstBuffers, class Token>
  auto async_write_some(ConstBuffers const& from, Token&& token) {
    return initiate(sending_some(as_range(from)), std::forward<Token>(token));
  }

  /// What the last of these calls in that direction came to, with trivium's own error.
  transfer_result const& last_result(transfer::direction of) const noexcept {
    return of == transfer::direction::send ? last_sent_ : last_received_;
  }

  /// A limit on a *write* ends an asio::ssl::stream over this stream; after one on a read it goes on. For it
  /// drops the ciphertext that it could not write, whatever the error was, and what follows arrives as "bad
  /// record mac". After this call, once a write_some or async_write_some was ended by a limit, each further
  /// one says errc::session_broken and sends nothing. (A tls_stream keeps its ciphertext, and needs none of
  /// this.)
  void final_after_write_limit() noexcept { final_after_write_limit_ = true; }

  lowest_layer_type& lowest_layer() noexcept { return *this; }
  lowest_layer_type const& lowest_layer() const noexcept { return *this; }

  // What boost::beast::websocket asks of a socket.
  friend void teardown(boost::beast::role_type as, stream& of, error_code& error) {
    tearing_down<stream>{as, of}(error);
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type as, stream& of, Handler&& handler) {
    boost::asio::async_compose<Handler, void(error_code)>(tearing_down<stream>{as, of}, handler, of);
  }
  friend void beast_close_socket(stream& of) { of.close(); }

  /// Whether a receive does better to begin with a wait. A request's answer has seldom come when it is asked
  /// for; where the last receive found nothing at first, the next one saves that attempt, but for every
  /// eighth, which finds out whether that has changed.
  bool expects_to_wait(transfer& operation) noexcept {
    bool const receives = operation.moves_to() == transfer::direction::receive;
    if (!receives || !found_nothing_ || ++unasked_ % 8 == 0) return false;
    return operation.expect({native_handle(), wants::direction::readable});
  }
  void learn(transfer const& ended) noexcept {
    if (ended.moves_to() != transfer::direction::receive || ended.result().calls == 0) return;
    if (ended.result().would_blocks != 0)
      found_nothing_ = true;
    else if (ended.result().waits == 0)
      found_nothing_ = false;
  }

  /// Completes when it is readable or writable: void(error_code), as an Asio socket's.
  template <class Token>
  auto async_wait(boost::asio::socket_base::wait_type until, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [](auto handler, stream* self, boost::asio::socket_base::wait_type for_what) {
          self->place_.async_wait(self->native_handle(), for_what, std::move(handler));
        },
        token, this, until);
  }

 private:
  template <class Handler>
  friend class asio_completion;

  // One buffer, or a sequence of Asio's, as a range. (clang 14 cannot use libstdc++'s subrange.)
  template <class Iterator>
  struct range {
    Iterator first, last;
    Iterator begin() const { return first; }
    Iterator end() const { return last; }
  };
  template <class Buffers>
  static auto as_range(Buffers const& buffers) {
    using iterator = decltype(boost::asio::buffer_sequence_begin(buffers));
    return range<iterator>{boost::asio::buffer_sequence_begin(buffers),
                           boost::asio::buffer_sequence_end(buffers)};
  }

  std::size_t wait_for(transfer operation, error_code& error);

  template <class Attempt>
  static std::size_t or_throw(Attempt attempt) {
    error_code error;
    auto const bytes = attempt(error);
    if (error) throw boost::system::system_error{error};
    return bytes;
  }

  template <class Memory, class Token>
  auto initiate(Memory what, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [](auto handler, stream* self, Memory moved) {
          transfer operation{*self, std::move(moved)};
          self->begin(operation);
          asio_completion<decltype(handler)> tells{std::move(handler), self, operation.moves_to()};
          using place = borrowed_place<stream>;
          async::operation<transfer, place, decltype(tells)>::start(operation, place{*self},
                                                                    self->native_handle(), tells);
        },
        token, this, std::move(what));
  }

  void begin(transfer& operation) const noexcept;
  error_code end(transfer::direction of, transfer_result const& came) noexcept;

  socket socket_;
  bool final_after_write_limit_ = false;
  bool write_limit_met_ = false;
  transfer_result last_sent_;
  transfer_result last_received_;
  bool found_nothing_ = false;
  unsigned char unasked_ = 0;
  reactor_place place_;  // after the socket, so that it is left before the descriptor is closed
};

template <class Handler>
void asio_completion<Handler>::operator()(transfer_result const& came) {
  auto const error = stream_->end(direction_, came);
  std::move(handler_)(error, came.bytes);
}

}  // namespace trivium

template <template <class, class> class Associator, class Handler, class Default>
struct boost::asio::associator<Associator, trivium::asio_completion<Handler>, Default>
    : Associator<Handler, Default> {
  static typename Associator<Handler, Default>::type get(trivium::asio_completion<Handler> const& tells,
                                                         Default const& otherwise = Default()) noexcept {
    return Associator<Handler, Default>::get(tells.handler(), otherwise);
  }
};
