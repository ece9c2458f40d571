// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "plugin.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <string>
#include <trivium/trivium.hpp>
#ifdef TLS
#include <trivium/tls/error.hpp>
#endif

namespace {

bool works() {
  using namespace std::chrono_literals;
  auto listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  auto near = trivium::blocking::connect(listening.local_endpoint().value(), {.timeout = 30s}).value();
  auto far = trivium::blocking::accept(listening, {.timeout = 30s}).value();

  std::string const sent = "through a plugin";
  boost::asio::io_context loop;
  trivium::stream there{std::move(near), loop.get_executor()};
  trivium::transfer_result told;
  trivium::async::send_all(there, sent, {.timeout = 30s},
                           [&](trivium::transfer_result result) { told = result; });
  loop.run();
  std::string arrived(sent.size(), '\0');
  auto const received = trivium::blocking::receive_all(far, arrived, {.timeout = 30s});
  return !told.error && !received.error && arrived == sent;
}

std::vector<boost::system::error_code> errors() {
  std::vector<boost::system::error_code> all;
  for (int code = 1; code <= static_cast<int>(trivium::errc::function_threw); ++code)
    all.push_back(static_cast<trivium::errc>(code));
#ifdef TLS
  all.emplace_back(1, trivium::tls_category());
  all.emplace_back(18, trivium::tls_verification_category());
#endif
  return all;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] plugin const the_plugin{works, errors};
