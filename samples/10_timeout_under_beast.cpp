// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// 10_timeout_under_beast HOST PORT [TARGET] [SECONDS]
//
// A blocking HTTP client on Boost.Beast that does not hang if the server stops responding: Beast runs on a
// trivium::stream instead of an Asio socket, and nothing else changes. Each wait is limited to SECONDS (5),
// and the whole exchange to six times as long. Prints the content of TARGET (/). `python3 -m http.server
// 12345` is a suitable server.

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <iostream>
#include <trivium/trivium.hpp>

#include "arguments.hpp"

namespace http = boost::beast::http;

int get(std::string const& host, std::string const& port, std::string const& target,
        std::chrono::duration<double> timeout) {
  auto const failed = [&](std::string const& what, trivium::error_code const& why, char const* advice) {
    std::cerr << host << ':' << port << ": " << what << ": " << why.message() << "; " << advice << '\n';
    return 1;
  };

  auto peer = trivium::blocking::connect(host, port, {.timeout = timeout});
  if (!peer)
    return failed("cannot connect", peer.error(), "check HOST and PORT, and that a server runs there");

  boost::asio::io_context never_run;  // a stream needs an executor, but blocking calls never run it
  trivium::stream there{std::move(*peer), never_run.get_executor()};
  auto const in_all = std::chrono::ceil<trivium::nanoseconds>(6 * timeout);
  there.set_timeout(timeout);                   // of each wait; as Python's settimeout
  there.set_deadline(trivium::now() + in_all);  // of all waits together

  trivium::error_code error;
  http::request<http::empty_body> request{http::verb::get, target, 11};
  request.set(http::field::host, host);
  http::write(there, request, error);
  if (error) return failed("cannot ask", error, "try again");

  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(std::uint64_t{1} << 30);
  http::read(there, buffer, answer, error);
  if (error == boost::asio::error::timed_out) {
    auto const part = std::to_string(answer.get().body().size()) + " bytes of its answer";
    if (trivium::now() < there.deadline())
      return failed("went silent after " + part, error, "it may be asked again");
    return failed("came no further than " + part + " by the deadline", error, "give it more SECONDS");
  }
  if (error) return failed("did not answer", error, "is it an HTTP server?");

  std::cout << answer.get().body();
  if (answer.get().result() != http::status::ok) {
    std::cerr << host << ':' << port << ": " << target << ": " << answer.get().reason()
              << "; ask for another\n";
    return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  arguments const given{argc, argv, "HOST PORT [TARGET] [SECONDS]",
                        "Asks for TARGET (/). Gives each wait SECONDS (5), and all of it six times as long."};
  return get(given.get("HOST"), given.get("PORT"), given.get("TARGET", "/"), given.seconds("SECONDS", 5));
}
