// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The completion of an operation that a stream's own functions start, as Asio's stream concepts have it.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/associator.hpp>
#include <trivium/as_error.hpp>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/payload.hpp>
#include <trivium/transfer_result.hpp>
#include <utility>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// The error that a `Stream`'s own functions report for `error`: Asio's code for it.
template <class Stream>
error_code asio_error_of(error_code error) noexcept {
  if constexpr (requires { Stream::as_asio_error(error); })
    return Stream::as_asio_error(error);
  else
    return as_asio_error(error);
}

/// The intermediate handler of a stream's own asynchronous operation: invokes the handler with Asio's two
/// arguments instead of a transfer_result.
template <class Handler, class Stream>
class asio_completion {
 public:
  explicit asio_completion(Handler handler) : handler_{std::move(handler)} {}

  void operator()(transfer_result const& came) {
    std::move(handler_)(came.error ? asio_error_of<Stream>(came.error) : error_code{}, came.bytes);
  }
  Handler const& handler() const noexcept { return handler_; }

 private:
  Handler handler_;
};

/// The wait point of such an operation. It also stores the result in the stream.
template <class Stream>
class own_call_registration : public registration_for<Stream> {
 public:
  using registration_for<Stream>::registration_for;
  explicit own_call_registration(Stream& of) noexcept : registration_for<Stream>{of}, stream_{&of} {}

  void observe(transfer_result const& came, direction of) noexcept {
    registration_for<Stream>::observe(came, of);
    stream_->keep(of, came);
  }

 private:
  Stream* stream_;
};

}  // namespace detail
}  // namespace trivium

template <template <class, class> class Associator, class Handler, class Stream, class Default>
struct boost::asio::associator<Associator, trivium::detail::asio_completion<Handler, Stream>, Default>
    : Associator<Handler, Default> {
  static typename Associator<Handler, Default>::type get(
      trivium::detail::asio_completion<Handler, Stream> const& completes) noexcept {
    return Associator<Handler, Default>::get(completes.handler());
  }
  static auto get(trivium::detail::asio_completion<Handler, Stream> const& completes,
                  Default const& otherwise) noexcept
      -> decltype(Associator<Handler, Default>::get(completes.handler(), otherwise)) {
    return Associator<Handler, Default>::get(completes.handler(), otherwise);
  }
};
