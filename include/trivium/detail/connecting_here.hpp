// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The asynchronous connect of an existing stream, as programs for Asio and Beast use it.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <concepts>
#include <optional>
#include <trivium/async.hpp>
#include <trivium/detail/async/readiness.hpp>
#include <trivium/operations/connecting.hpp>
#include <utility>
#include <vector>

namespace TRIVIUM_EXPORT trivium {
namespace detail {

/// The implementation of a composed operation, for async_compose: connects to one endpoint.
template <class Stream>
class connecting_here {
 public:
  connecting_here(Stream& with, endpoint const& to) : stream_{&with}, to_{to} {}

  template <class Self>
  void operator()(Self& self) {
    self.reset_cancellation_state(boost::asio::enable_total_cancellation());
    error_code error;
    stream_->open_for(to_, error);
    connecting_open operation{*stream_, to_};
    if (error) operation.fail(error);
    async::complete(*stream_, std::move(operation), std::move(self));
  }
  template <class Self>
  void operator()(Self& self, transfer_result const& came) {
    self.complete(came.error ? as_asio_error(came.error) : error_code{});
  }

 private:
  Stream* stream_;
  endpoint to_;
};

/// The implementation of a composed operation, for async_compose: connects to the endpoints one after the
/// other. It ends when a connection is established, when the timeout elapses, or when the stream is closed,
/// cancelled, moved from or destroyed.
template <class Stream, class Endpoint>
class connecting_to_any {
 public:
  template <class Results>
  connecting_to_any(Stream& with, Results const& to) : stream_{&with} {
    for (auto const& each : to) to_.push_back(each);
  }

  template <class Self>
  void operator()(Self& self) {
    self.reset_cancellation_state(boost::asio::enable_total_cancellation());
    if (to_.empty())
      end_soon(self, boost::asio::error::not_found);
    else
      next(self);
  }
  template <class Self>
  void operator()(Self& self, error_code error) {
    // The stream may have been destroyed after the attempt completed and before this handler was invoked.
    if (error && place_ && (place_->lost() || self.cancelled() != boost::asio::cancellation_type::none))
      error = boost::asio::error::operation_aborted;
    if (!error) return self.complete(error, to_[tried_ - 1]);
    if (tried_ == to_.size() || error == errc::stopped || error == errc::timed_out)
      return self.complete(error, Endpoint{});
    next(self);
  }

 private:
  template <class Self>
  void next(Self& self) {
    error_code error;
    endpoint to;
    do {
      stream_->close();
      to = to_[tried_++];
      stream_->open_for(to, error);
    } while (error && tried_ != to_.size());
    if (error) return end_soon(self, error);
    place_.emplace(*stream_);
    if (int const code = place_->attach({}); code != 0) return end_soon(self, wait_failed(code));
    stream_->async_connect(to, std::move(self));
  }
  template <class Self>
  void end_soon(Self& self, error_code error) {
    tried_ = to_.size();
    boost::asio::post(stream_->get_executor(), boost::asio::append(std::move(self), error));
  }

  Stream* stream_;
  std::optional<shared_registration<Stream>> place_;  // of the socket that is being connected
  std::vector<Endpoint> to_;
  std::size_t tried_ = 0;
};

}  // namespace detail
}  // namespace trivium
