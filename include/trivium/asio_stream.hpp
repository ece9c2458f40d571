// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The stream concepts of Asio, with the limits of a mode.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <trivium/blocking.hpp>
#include <trivium/detail/asio_completion.hpp>
#include <trivium/detail/async/initiation.hpp>
#include <trivium/detail/one_call.hpp>
#include <trivium/mode.hpp>
#include <trivium/operations/transfer.hpp>

namespace TRIVIUM_EXPORT trivium {

/// The base of a `Stream`, a type that the async way accepts (async::waitable) and that has a native_handle:
/// stream, tls_stream. It models Asio's SyncReadStream, SyncWriteStream, AsyncReadStream and
/// AsyncWriteStream. So a program that is built on those concepts gets timeouts, a deadline and a stop token
/// by changing one type, in blocking calls too:
///
///     there.set_timeout(5s);
///     http::read(there, buffer, response, error);  // asio::error::timed_out if the server goes silent
///
/// Effect: the limits of the mode apply to each of these functions. The descriptor's O_NONBLOCK has no effect
/// on them.
///
/// Errors: Asio's codes, where Asio has one for the error (`as_asio_error`); `last_result` has trivium's own.
/// A synchronous function without an `error` argument throws boost::system::system_error.
///
/// Lifetime: the buffers must remain valid until the function returns, or until the handler is invoked.
///
/// Cancellation: by the mode's stop token, from any thread. An asynchronous operation is also cancelled by
/// its handler's cancellation slot, as async::receive_some and async::send_some are.
///
/// Threads: one send and one receive at a time. The two may run in different threads. Asynchronous operations
/// are initiated by one thread at a time.
template <class Stream>
class asio_stream : public mode {
 public:
  /// Receives at least one byte. Returns 0 without an error only if the buffer sequence is empty. Errors:
  /// asio::error::eof at the end of the stream.
  template <class MutableBuffers>
  std::size_t read_some(MutableBuffers const& into, error_code& error) {
    auto const what = as_range(into);
    last_received_ = move<direction::receive>(what, amount::some);
    error = asio_error(last_received_);
    return last_received_.bytes;
  }
  template <class MutableBuffers>
  std::size_t read_some(MutableBuffers const& into) {
    return or_throw([&](error_code& error) { return read_some(into, error); });
  }

  /// As a blocking Asio socket does: sends all of `from` if nothing but the peer can end the wait, and at
  /// least one byte otherwise.
  template <class ConstBuffers>
  std::size_t write_some(ConstBuffers const& from, error_code& error) {
    auto const what = as_range(from);
    auto const how_much = waits_for_ever() ? amount::all : amount::some;
    if (write_limit_met_)
      last_sent_ = {.error = errc::session_broken};
    else
      last_sent_ = move<direction::send>(what, how_much);
    look_at_write_limit();
    error = asio_error(last_sent_);
    return last_sent_.bytes;
  }
  template <class ConstBuffers>
  std::size_t write_some(ConstBuffers const& from) {
    return or_throw([&](error_code& error) { return write_some(from, error); });
  }

  /// Asynchronous. Completion signature: void(error_code, std::size_t). The guarantees are those of
  /// async::receive_some and async::send_some. A timeout of zero has no effect here: it is for functions that
  /// block the calling thread.
  template <class MutableBuffers, class Token>
  auto async_read_some(MutableBuffers const& into, Token&& token) {
    return initiate(receiving_some(as_range(into)), std::forward<Token>(token));
  }
  template <class ConstBuffers, class Token>
  auto async_write_some(ConstBuffers const& from, Token&& token) {
    return initiate(sending_some(as_range(from)), std::forward<Token>(token));
  }

  /// Asio's other names for these four functions. Flags such as MSG_PEEK are not supported: the error is then
  /// asio::error::operation_not_supported.
  template <class ConstBuffers>
  std::size_t send(ConstBuffers const& from) {
    return write_some(from);
  }
  template <class ConstBuffers>
  std::size_t send(ConstBuffers const& from, int flags, error_code& error) {
    return unless(flags, error, [&] { return write_some(from, error); });
  }
  template <class ConstBuffers>
  std::size_t send(ConstBuffers const& from, int flags) {
    return or_throw([&](error_code& error) { return send(from, flags, error); });
  }
  template <class MutableBuffers>
  std::size_t receive(MutableBuffers const& into) {
    return read_some(into);
  }
  template <class MutableBuffers>
  std::size_t receive(MutableBuffers const& into, int flags, error_code& error) {
    return unless(flags, error, [&] { return read_some(into, error); });
  }
  template <class MutableBuffers>
  std::size_t receive(MutableBuffers const& into, int flags) {
    return or_throw([&](error_code& error) { return receive(into, flags, error); });
  }
  template <class ConstBuffers, class Token>
  auto async_send(ConstBuffers const& from, Token&& token) {
    return async_write_some(from, std::forward<Token>(token));
  }
  template <class MutableBuffers, class Token>
  auto async_receive(MutableBuffers const& into, Token&& token) {
    return async_read_some(into, std::forward<Token>(token));
  }

  /// The result of the last of these functions in that direction, with trivium's own error.
  transfer_result const& last_result(direction of) const noexcept {
    return of == direction::send ? last_sent_ : last_received_;
  }

 protected:
  asio_stream() = default;
  asio_stream(asio_stream&&) = default;
  asio_stream& operator=(asio_stream&&) = default;
  ~asio_stream() = default;

  /// For a stream that is the next layer of an asio::ssl::stream. A limit on a *write* makes an
  /// asio::ssl::stream over this stream unusable, because it discards the ciphertext that it could not write,
  /// whatever the error was. The peer then reports "bad record mac" for what follows. After a limit on a read
  /// it can continue.
  ///
  /// Effect of this call: once a limit has ended a write_some or async_write_some, each further one reports
  /// errc::session_broken and sends nothing. (A tls_stream keeps its ciphertext, and needs none of this.)
  void final_after_write_limit() noexcept { final_after_write_limit_ = true; }

 private:
  template <class>
  friend class detail::own_call_registration;

  Stream& self() noexcept { return static_cast<Stream&>(*this); }

  // A buffer, or a buffer sequence of Asio's, as a range. (clang 14 cannot use libstdc++'s subrange.)
  template <class Iterator>
  struct buffer_range {
    Iterator first, last;
    Iterator begin() const { return first; }
    Iterator end() const { return last; }
  };
  template <class Buffers>
  static auto as_range(Buffers const& buffers) {
    using iterator = decltype(boost::asio::buffer_sequence_begin(buffers));
    return buffer_range<iterator>{boost::asio::buffer_sequence_begin(buffers),
                                  boost::asio::buffer_sequence_end(buffers)};
  }

  template <direction Moving, class Buffers>
  transfer_result move(Buffers const& what, amount how_much) {
    // A stream without a mode does not pay for limits.
    if (waits_for_ever())
      if (detail::one_call<Moving> const call{self(), what, how_much}) return detail::make_blocking(call);
    return detail::move_blocking<Moving>(self(), what, how_much,
                                         Moving == direction::send ? own_of_a_send() : own());
  }

  template <class Move>
  static std::size_t unless(int flags, error_code& error, Move moves) {
    if (flags == 0) return moves();
    error = boost::asio::error::operation_not_supported;
    return 0;
  }

  template <class Attempt>
  static std::size_t or_throw(Attempt attempt) {
    error_code error;
    auto const bytes = attempt(error);
    if (error) throw boost::system::system_error{error};
    return bytes;
  }

  // Initiates an asynchronous operation of the stream's own.
  template <class Memory>
  class own_call : public detail::initiation<Stream> {
   public:
    using detail::initiation<Stream>::initiation;

    template <class Handler>
    void operator()(Handler handler, Memory&& moved) const {
      using registration_type = detail::own_call_registration<Stream>;
      using completion = detail::asio_completion<Handler, Stream>;
      auto& stream = this->connection();
      completion completes{std::move(handler)};
      if constexpr (std::is_same_v<Memory, memory_source>) {
        if (static_cast<asio_stream&>(stream).write_limit_met_) {
          auto const refused = [&] {
            transfer operation{stream, std::move(moved)};
            operation.fail(errc::session_broken);
            return operation;
          };
          return detail::start_operation<transfer<Memory>>(refused, true, registration_type{stream},
                                                           completes);
        }
      }
      detail::transfer_initiation<Stream, registration_type>{stream}(std::move(completes), std::move(moved),
                                                                     detail::no_limits{});
    }
  };
  template <class Memory, class Token>
  auto initiate(Memory what, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(own_call<Memory>{self()}, token,
                                                                             std::move(what));
  }

  // Each direction accesses only its own members, because the other direction may run in another thread.
  void keep(direction of, transfer_result const& came) noexcept {
    if (of == direction::send) {
      last_sent_ = came;
      look_at_write_limit();
    } else {
      last_received_ = came;
    }
  }
  static error_code asio_error(transfer_result const& came) noexcept {
    return came.error ? detail::asio_error_of<Stream>(came.error) : error_code{};
  }
  void look_at_write_limit() noexcept {
    if (final_after_write_limit_ && last_sent_.error && last_sent_.connection_usable())
      write_limit_met_ = true;
  }

  bool final_after_write_limit_ = false;
  bool write_limit_met_ = false;
  transfer_result last_sent_;
  transfer_result last_received_;
};

}  // namespace trivium
