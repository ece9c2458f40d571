// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Does on a trivium::stream what it is told, a command a line, and tells what came of it. actor.py does the
// same on a socket of CPython's.
#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <trivium/trivium.hpp>
#include <vector>

using namespace trivium;

namespace {

struct outcome {
  std::string what;
  std::size_t bytes = 0;
};

std::string kind_of(error_code error) {
  if (!error) return "ok";
  if (error == boost::asio::error::would_block) return "would_block";
  if (error == boost::asio::error::eof) return "eof";
  if (error == errc::would_block) return "would_block";
  if (error == errc::timed_out) return "timed_out";
  if (error.category() == category()) return error.message();
  return "errno " + std::to_string(error.value());
}

auto monotonic_nanoseconds() {
  return std::chrono::nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count();
}

class actor {
 public:
  outcome run(std::istream& command) {
    std::string verb, argument;
    command >> verb >> argument;
    if (verb == "forget") return forget();
    if (verb == "connect") return connect(argument);
    if (verb == "listen") return listen();
    if (verb == "accept") return accept();
    if (verb == "timeout") return set_timeout(argument);
    if (verb == "blocking") return set_blocking(argument == "true");
    if (!there_) return {"no connection"};
    error_code error;
    if (verb == "sndbuf") {
      there_->set_option(boost::asio::socket_base::send_buffer_size{std::stoi(argument)}, error);
      return told(error);
    }
    if (verb == "shutdown") {
      there_->shutdown(boost::asio::socket_base::shutdown_send, error);
      return told(error);
    }
    if (verb == "await") return await(argument);
    auto const size = static_cast<std::size_t>(std::stoul(argument));
    if (verb == "recv") return receive(size);
    if (verb == "send") return send(size);
    if (verb == "sendall") return send_all(size);
    return {"unknown command " + verb};
  }

 private:
  // What CPython calls a timeout is a limit here; ETIMEDOUT of the kernel's is an error in both.
  outcome ended(trivium::direction of, error_code error, std::size_t bytes) const {
    auto const& last = there_->last_result(of);
    if (last.error == errc::timed_out) return {"timed_out", bytes};
    return {kind_of(error), bytes};
  }
  static outcome told(error_code error) { return {kind_of(error)}; }

  void keep(trivium::socket peer) {
    there_.emplace(std::move(peer), io_.get_executor());
    take_mode_over(*there_);
  }
  void take_mode_over(trivium::mode& to) const { to.set_timeout(timeout_); }
  limits mode() const { return {.timeout = timeout_ ? trivium::timeout{*timeout_} : trivium::timeout{}}; }

  outcome forget() {
    there_.reset();
    listening_.reset();
    timeout_.reset();
    return {"ok"};
  }
  outcome connect(std::string const& port) {
    there_.reset();
    auto const to = endpoint::tcp("127.0.0.1", static_cast<std::uint16_t>(std::stoi(port))).value();
    auto peer = blocking::connect(to, mode());
    if (!peer) return told(peer.error());
    keep(std::move(*peer));
    return {"ok"};
  }
  outcome listen() {
    auto listening = listener::open(endpoint::tcp("127.0.0.1", 0).value(), io_.get_executor());
    if (!listening) return told(listening.error());
    listening_.emplace(std::move(*listening));
    return {"ok", listening_->local_endpoint().value().port()};
  }
  outcome accept() {
    take_mode_over(*listening_);
    error_code error;
    auto peer = listening_->accept(error);
    if (error) return told(error);
    keep(peer.release());
    return {"ok"};
  }
  outcome set_timeout(std::string const& text) {
    auto const length =
        text == "none" ? std::nullopt : std::optional{std::chrono::duration<double>{std::stod(text)}};
    error_code error;
    trivium::mode of_nothing;
    (there_ ? *there_ : of_nothing).set_timeout(length, error);
    if (error) return told(error);
    timeout_ = length;
    return mode_is();
  }
  outcome set_blocking(bool blocking) {
    if (there_) there_->set_blocking(blocking);
    timeout_ = blocking ? std::nullopt : std::optional{std::chrono::duration<double>{0}};
    return mode_is();
  }
  outcome mode_is() const {
    if (!there_) return {"ok"};
    auto const is = there_->timeout();
    std::ostringstream text;
    text << "ok timeout=" << (is ? std::to_string(is->count() / 1'000'000) : "none")
         << " blocking=" << (there_->is_blocking() ? "true" : "false");
    return {text.str()};
  }

  // Until it has arrived, which is not when the peer has sent it.
  outcome await(std::string const& what) const {
    short const events = what == "data" ? POLLIN : what == "end" ? POLLRDHUP : POLLHUP;
    pollfd watch{.fd = there_->native_handle(), .events = events, .revents = 0};
    return {::poll(&watch, 1, 10'000) == 1 ? "ok" : "nothing came"};
  }

  outcome receive(std::size_t size) {
    std::vector<char> into(size);
    error_code error;
    auto const bytes = there_->read_some(boost::asio::buffer(into), error);
    return ended(trivium::direction::receive, error, bytes);
  }
  outcome send(std::size_t size) {
    std::vector<char> const from(size);
    error_code error;
    auto const bytes = there_->write_some(boost::asio::buffer(from), error);
    return ended(trivium::direction::send, error, bytes);
  }
  // CPython's sendall counts its timeout as a total, as a verb does; on a non-blocking socket it stops where
  // asio::write does.
  outcome send_all(std::size_t size) {
    std::vector<char> const from(size);
    if (!there_->is_blocking()) {
      error_code error;
      auto const bytes = boost::asio::write(*there_, boost::asio::buffer(from), error);
      return ended(trivium::direction::send, error, bytes);
    }
    auto const sent = blocking::send_all(*there_, from);
    return {kind_of(sent.error), sent.bytes};
  }

  boost::asio::io_context io_;
  std::optional<stream> there_;
  std::optional<listener> listening_;
  std::optional<std::chrono::duration<double>> timeout_;
};

}  // namespace

int main() {
  actor acts;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream command{line};
    auto const begun = monotonic_nanoseconds();
    auto const came = acts.run(command);
    std::cout << came.bytes << ' ' << begun << ' ' << monotonic_nanoseconds() << ' ' << came.what
              << std::endl;
  }
}
