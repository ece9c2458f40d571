// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// tls_end NAME=VALUE...: one end of a TLS connection, for interop_test.py, which plays the other. Says what
// it did on its last line, as NAME=VALUE too.
//
//   role=certificates        makes them, says where they are, and keeps them until its stdin ends
//   role=client port=N ca=FILE [host=NAME] | role=server certificate=FILE key=FILE
//   way=blocking|nonblocking|async  direction=send|receive  bytes=N  [buffers=N]  [limit_ms=N]
//
// Sends so many bytes, or receives them, or with bytes=0 receives until the end; then ends its own sending.
// With limit_ms each operation is given that long, and gone on with where it ended.
#include <netinet/tcp.h>
#include <openssl/evp.h>

#include <boost/asio/io_context.hpp>
#include <certificates.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <trivium/tls/stream.hpp>
#include <vector>
#include <ways.hpp>

using namespace trivium;
using namespace trivium::test;

namespace {

constexpr std::size_t part = std::size_t{1} << 20;
constexpr limits a_while{.stall_timeout = std::chrono::minutes{1}};

[[noreturn]] void give_up(std::string const& what, error_code const& why) {
  std::cout << what << ": " << why.message() << std::endl;
  std::exit(3);
}

class arguments {
 public:
  arguments(int argc, char** argv) {
    for (int i = 1; i != argc; ++i) {
      std::string const one = argv[i];
      auto const at = one.find('=');
      given_[one.substr(0, at)] = one.substr(at + 1);
    }
  }
  std::string operator[](std::string const& name) const {
    auto const found = given_.find(name);
    return found == given_.end() ? std::string{} : found->second;
  }
  std::size_t number(std::string const& name) const {
    return std::strtoull((*this)[name].c_str(), nullptr, 10);
  }

 private:
  std::map<std::string, std::string> given_;
};

class sha256 {
 public:
  sha256() { EVP_DigestInit(context_.get(), EVP_sha256()); }
  void add(std::span<std::byte const> bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    unsigned char sum[32];
    EVP_DigestFinal(context_.get(), sum, nullptr);
    std::string result;
    for (auto const byte : sum) {
      result += "0123456789abcdef"[byte >> 4];
      result += "0123456789abcdef"[byte & 15];
    }
    return result;
  }

 private:
  struct freed {
    void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  };
  std::unique_ptr<EVP_MD_CTX, freed> context_{EVP_MD_CTX_new()};
};

class end : public tls_stream {
 public:
  end(boost::asio::io_context& io, tls_session of) : tls_stream{std::move(of), io.get_executor()}, io_{&io} {}
  boost::asio::io_context::executor_type get_executor() noexcept { return io_->get_executor(); }

 private:
  boost::asio::io_context* io_;
};

void narrow(trivium::socket& of, std::size_t bytes) {
  if (bytes == 0) return;
  int const size = static_cast<int>(bytes);
  ::setsockopt(of.native_handle(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  ::setsockopt(of.native_handle(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  // What a small buffer cuts off would wait for the acknowledgement of the rest, which comes late.
  int const on = 1;
  ::setsockopt(of.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

tls_session session(arguments const& given) {
  constexpr limits soon{.timeout = std::chrono::minutes{1}};
  if (given["role"] == "client") {
    auto const context = tls_client_context::make({.ca_file = given["ca"]});
    if (!context) give_up(context.error().about, context.error().error);
    auto to = endpoint::tcp("127.0.0.1", static_cast<std::uint16_t>(given.number("port"))).value();
    // By hand: a buffer made narrow when the window has been agreed on would leave bytes out of it.
    trivium::socket below{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    narrow(below, given.number("buffers"));
    if (::connect(below.native_handle(), to.data(), to.size()) != 0)
      give_up("connect", {errno, boost::system::system_category()});
    auto const host = given["host"];
    return {std::move(below), *context, host.empty() ? "localhost" : host};
  }
  auto const context =
      tls_server_context::make({.certificate_file = given["certificate"], .key_file = given["key"]});
  if (!context) give_up(context.error().about, context.error().error);
  auto listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  narrow(listening, given.number("buffers"));
  std::cout << "listening=" << listening.local_endpoint().value().port() << std::endl;
  auto below = blocking::accept(listening, soon).value();
  narrow(below, given.number("buffers"));
  return {std::move(below), *context};
}

template <class Way>
class conversation {
  using verb = verbs<Way>;

 public:
  conversation(arguments const& given, end& with)
      : with_{with},
        bytes_{given.number("bytes")},
        sends_{given["direction"] == "send"},
        limit_{given.number("limit_ms")} {}

  void run() {
    auto const shaken = Way::complete(with_, handshaking{with_, a_while});
    if (shaken.error) give_up("handshake", shaken.error);
    sends_ ? send() : receive();
    auto const finished = verb::finish(with_, a_while);
    // A peer that has closed already has nothing left to take.
    if (finished.error && sends_) give_up("finish", finished.error);
    if (sends_) hear_the_end();
    std::cout << "sha256=" << sum_.hex() << " bytes=" << moved_ << " limits=" << limits_
              << " held_back=" << held_back_ << " version=" << with_.version() << " end=" << end_
              << std::endl;
  }

 private:
  // Goes on where a limit ended it.
  template <class Operate>
  transfer_result persistently(Operate operate) {
    limits each = a_while;
    if (limit_ != 0) each = {.timeout = std::chrono::milliseconds{limit_}};
    transfer_result all;
    for (;;) {
      all += operate(all.bytes, each);
      if (all.error != errc::timed_out || limit_ == 0) return all;
      ++limits_;
      if (with_.has_pending_output()) ++held_back_;
    }
  }

  void send() {
    std::vector<std::byte> block(part);
    std::uint32_t state = 1;
    while (moved_ != bytes_) {
      for (auto& byte : block) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<std::byte>(state >> 24);
      }
      std::span<std::byte const> const now{block.data(), std::min(part, bytes_ - moved_)};
      auto const sent = persistently([&](std::size_t from, limits const& with) {
        return verb::send_all(with_, now.subspan(from), with);
      });
      if (sent.error) give_up("send", sent.error);
      sum_.add(now);
      moved_ += now.size();
    }
  }

  void receive() {
    std::vector<std::byte> block(part);
    while (bytes_ == 0 || moved_ != bytes_) {
      auto const most = bytes_ == 0 ? part : std::min(part, bytes_ - moved_);
      auto const received = persistently([&](std::size_t from, limits const& with) {
        std::span<std::byte> rest{block.data() + from, most - from};
        return verb::receive_all(with_, rest, with);
      });
      sum_.add({block.data(), received.bytes});
      moved_ += received.bytes;
      if (received.error) return ended(received.error);
    }
  }

  void hear_the_end() {
    std::vector<std::byte> block(part);
    for (;;) {
      auto const received = verb::receive_some(with_, block, a_while);
      if (received.error) return ended(received.error);
    }
  }

  void ended(error_code const& why) {
    end_ = why == errc::end_of_file ? "clean" : why == errc::truncated ? "truncated" : why.message();
  }

  end& with_;
  std::size_t const bytes_;
  bool const sends_;
  std::size_t const limit_;
  sha256 sum_;
  std::size_t moved_ = 0, limits_ = 0, held_back_ = 0;
  std::string end_ = "unheard";
};

}  // namespace

int main(int argc, char** argv) {
  arguments const given{argc, argv};
  if (given["role"] == "certificates") {
    auto const& here = certificates::here();
    std::cout << here.folder << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
    }
    return 0;
  }
  boost::asio::io_context io;
  end with{io, session(given)};
  if (given["way"] == "blocking")
    conversation<blocking_way>{given, with}.run();
  else if (given["way"] == "nonblocking")
    conversation<nonblocking_way>{given, with}.run();
  else
    conversation<async_way>{given, with}.run();
}
