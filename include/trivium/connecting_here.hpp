// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The asynchronous connects of a stream that is there already, as Asio's and Beast's programs make them.
#pragma once

#include <trivium/config.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <concepts>
#include <trivium/async.hpp>
#include <trivium/connecting.hpp>
#include <utility>
#include <vector>

namespace TRIVIUM_EXPORT trivium {

/// The endpoints of what a resolver returns, or of any range of Asio's endpoints or trivium's.
template <class Results>
struct endpoint_of_range {};
template <class Results>
requires requires(Results const& of) {
  of.begin()->protocol();
}
struct endpoint_of_range<Results> {
  using type = std::remove_cvref_t<decltype(*std::declval<Results const&>().begin())>;
};
template <class Results>
requires requires(Results const& of) {
  of.begin()->endpoint();
}
struct endpoint_of_range<Results> {
  using type = std::remove_cvref_t<decltype(std::declval<Results const&>().begin()->endpoint())>;
};
template <class Results>
using endpoint_of = typename endpoint_of_range<Results>::type;
template <class Results>
concept endpoint_range = requires {
  typename endpoint_of<Results>;
};

/// For async_compose: one address.
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

/// The same: one address after the other. It ends where its stream was closed, or the time is over.
template <class Stream, class Endpoint>
class connecting_to_any {
 public:
  template <class Results>
  connecting_to_any(Stream& with, Results const& to) : stream_{&with} {
    for (Endpoint const each : to) to_.push_back(each);
  }

  template <class Self>
  void operator()(Self& self) {
    self.reset_cancellation_state(boost::asio::enable_total_cancellation());
    if (to_.empty())
      self.complete(boost::asio::error::not_found, Endpoint{});
    else
      next(self);
  }
  template <class Self>
  void operator()(Self& self, error_code error) {
    if (!error) return self.complete(error, to_[tried_ - 1]);
    if (tried_ == to_.size() || error == errc::stopped || error == errc::timed_out)
      return self.complete(error, Endpoint{});
    next(self);
  }

 private:
  template <class Self>
  void next(Self& self) {
    stream_->close();
    endpoint const to = to_[tried_++];
    stream_->async_connect(to, std::move(self));
  }

  Stream* stream_;
  std::vector<Endpoint> to_;
  std::size_t tried_ = 0;
};

}  // namespace trivium
