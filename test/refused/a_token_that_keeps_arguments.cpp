// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A completion token that begins the operation with arguments of its own, and keeps them: a transfer's memory
// is moved once.

#include <boost/asio/async_result.hpp>
#include <string>
#include <trivium/async.hpp>
#include <trivium/stream.hpp>
#include <utility>

struct begins_itself {};

template <>
struct boost::asio::async_result<begins_itself, void(trivium::transfer_result)> {
  template <class Initiation, class... Arguments>
  static void initiate(Initiation begin, begins_itself, Arguments... arguments) {
    auto const told = [](trivium::transfer_result const&) {};
#ifdef MENDED
    begin(told, std::move(arguments)...);
#else
    begin(told, arguments...);
#endif
  }
};

void receives(trivium::stream& from, std::string& into) {
  trivium::async::receive_all(from, into, begins_itself{});
}
