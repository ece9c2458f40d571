// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the pages of docs/ show compiles; what can be run without a network is run. (`layout.readme` compares
// the text. The pairs of docs/instead.md stand in docs/instead.cpp.)

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <deque>
#include <iostream>
#include <memory>
#include <peer.hpp>
#include <printing.hpp>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <transports.hpp>
#include <trivium/trivium.hpp>
#include <vector>
#ifdef TRIVIUM_TLS
#include <trivium/tls/stream.hpp>
#endif

using namespace std::chrono_literals;
namespace asio = boost::asio;
using boost::asio::awaitable;
using boost::asio::use_awaitable;

namespace shown {

void other_work() {}

// docs/ways.md

boost::asio::awaitable<void> the_three_ways(std::string const& host, std::string const& port,
                                            boost::asio::io_context& io, std::string const& data,
                                            std::stop_token stop_token) {
  // page begins here
  using boost::asio::buffer;

  auto peer =
      trivium::blocking::connect(host, port, {.timeout = 5s}).value();  // a trivium::socket; no event loop

  trivium::transfer_result sent;
  sent = trivium::blocking::send_all(peer, buffer(data), {.timeout = 30s, .stop = stop_token});

  sent = trivium::nonblocking::send_some(peer, buffer(data));  // one attempt
  sent = trivium::nonblocking::send_all(peer, buffer(data), trivium::retry::call([&] { other_work(); }),
                                        {.stall_timeout = 10s});

  trivium::transfer upload{
      peer, trivium::sending(buffer(data)), {.stall_timeout = 10s}};  // in a loop of your own
  while (upload.advance() == trivium::progress::pending) other_work();
  sent = upload.result();

  trivium::stream there{std::move(peer), io.get_executor()};  // now it has an event loop
  sent = co_await trivium::async::send_all(there, buffer(data), {.timeout = 30s, .stop = stop_token},
                                           use_awaitable);
  trivium::async::send_all(there, buffer(data), {.timeout = 30s},
                           [](trivium::transfer_result result) { std::cout << result.bytes << " bytes\n"; });

  if (sent.error) std::cerr << sent.error.message() << " after exactly " << sent.bytes << " bytes\n";
  // page ends here
  BOOST_TEST(trivium::test::no_error(sent));
  co_await boost::asio::post(io, use_awaitable);  // the handler is invoked while `there` lives
  there.close();
}

void a_loop_of_ones_own(trivium::socket& peer, std::string const& data,
                        void (*wait_for)(trivium::interest, trivium::time_point)) {
  // page begins here
  trivium::transfer upload{peer, trivium::sending(data), {.stall_timeout = 10s}};
  for (;;) {
    auto const how = upload.advance(1 << 20);  // at most about 1 MiB, then back to the loop
    if (how == trivium::progress::done) break;
    if (how == trivium::progress::pending) wait_for(upload.interest(), upload.due());
    other_work();
  }
  std::cout << upload.result().bytes << " bytes\n";
  // page ends here
}

// page begins here
// Sends back what arrives, until the peer finishes.
class session {
 public:
  session(trivium::nonblocking::multiplexer& loop, trivium::socket peer)
      : loop_{loop}, peer_{std::move(peer)} {
    receive();
  }

 private:
  void receive() {
    loop_.start(peer_, trivium::transfer{peer_, trivium::receiving_some(memory_), {.timeout = 60s}},
                [this](auto& received) { send(received.result()); });
  }
  void send(trivium::transfer_result const& received) {
    if (received.error) return peer_.close();
    loop_.start(peer_, trivium::transfer{peer_, trivium::sending(asio::buffer(memory_, received.bytes))},
                [this](auto& sent) { sent.result().error ? peer_.close() : receive(); });
  }

  trivium::nonblocking::multiplexer& loop_;
  trivium::socket peer_;
  std::array<char, 4096> memory_;
};

void serve(trivium::nonblocking::multiplexer& loop, trivium::socket& listening, std::deque<session>& all) {
  loop.start(listening, trivium::accepting{listening}, [&](trivium::accepting& ended) {
    auto peer = ended.take();
    if (!peer) return;  // out of descriptors, for example: start it again when one is free
    all.emplace_back(loop, std::move(*peer));
    serve(loop, listening, all);
  });
}
// page ends here

// page begins here
class zeros {  // sends so many of them
 public:
  explicit zeros(std::size_t bytes) : left_{bytes} {}

  trivium::attempt send_to(trivium::channel& to, std::size_t most, trivium::may_block allowed) noexcept {
    iovec const next{block_.data(), std::min({left_, most, block_.size()})};
    auto const answer = to.send({&next, 1}, allowed);
    left_ -= answer.bytes;
    return answer;
  }
  bool done() const noexcept { return left_ == 0; }

 private:
  std::size_t left_;
  inline static std::array<char, 65536> block_{};
};

class newlines {  // counts them until the peer's end of file, and keeps nothing
 public:
  explicit newlines(std::size_t& count) : count_{&count} {}

  trivium::attempt receive_from(trivium::channel& from, std::size_t most,
                                trivium::may_block allowed) noexcept {
    std::array<char, 4096> block;
    iovec into{block.data(), std::min(most, block.size())};
    auto const answer = from.receive({&into, 1}, allowed);
    *count_ += static_cast<std::size_t>(std::ranges::count(std::span{block}.first(answer.bytes), '\n'));
    return answer;
  }
  bool done() const noexcept { return false; }

 private:
  std::size_t* count_;
};
// page ends here

trivium::transfer_result sends_zeros(trivium::socket& peer) {
  // page begins here
  auto const sent = trivium::blocking::send(peer, zeros{1'000'000}, {.timeout = 30s});
  // page ends here
  return sent;
}

std::size_t counts_newlines(trivium::socket& peer) {
  // page begins here
  std::size_t lines = 0;
  auto const received = trivium::blocking::receive(peer, newlines{lines}, {.timeout = 30s});
  bool const all =
      received.error == trivium::errc::end_of_file;  // it never has enough: the peer's end ends it
  // page ends here
  BOOST_TEST(all);
  return lines;
}

awaitable<void> serve(trivium::stream) {
  co_return;
}

// page begins here
awaitable<void> accept_all(trivium::reactor& loops, trivium::listener listening) {
  for (;;) {
    auto peer = co_await trivium::async::accept(listening, use_awaitable);
    auto const loop = loops.get_executor();  // each loop in turn
    co_spawn(loop, serve({std::move(peer), loop}), trivium::rethrow);
  }
}

void run_server(trivium::endpoint const& at) {
  trivium::reactor loops{{.loops = 2}};  // two threads, each with an event loop of its own
  loops.stop_on(SIGINT, SIGTERM);
  auto listening = trivium::listener::open(at, loops.get_executor()).value();
  auto const loop = listening.get_executor();
  co_spawn(loop, accept_all(loops, std::move(listening)), trivium::rethrow);
  loops.run();
}
// page ends here

awaitable<std::size_t> ended_by_another_operation(trivium::stream& peer, std::vector<char>& into) {
  // page begins here
  asio::steady_timer timer{peer.get_executor(), 5s};
  auto [order, result_error, received, timer_error] =
      co_await asio::experimental::make_parallel_group(
          trivium::async::receive_all(peer, into, trivium::as_error(asio::deferred)),
          timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), use_awaitable);
  // received.bytes is exact, whichever operation was first
  // page ends here
  static_cast<void>(order), static_cast<void>(result_error), static_cast<void>(timer_error);
  co_return received.bytes;
}

// docs/limits.md

trivium::transfer_result each_limit(trivium::socket& peer, std::string const& data,
                                    std::stop_source& source) {
  trivium::transfer_result sent;
  // page begins here
  using trivium::blocking::send_all;

  sent = send_all(peer, data, {.timeout = 30s});  // all of it has 30 s
  sent = send_all(peer, data, {.timeout = trivium::until(trivium::now() + 30s)});
  sent = send_all(peer, data, {.timeout = 0s});         // one attempt
  sent = send_all(peer, data, {.stall_timeout = 10s});  // the peer may take nothing for 10 s
  sent = send_all(peer, data, {.min_rate = {.bytes_per_second = 100'000, .over = 5s}});

  auto const token = source.get_token();  // named: a temporary token does not compile
  sent = send_all(peer, data, {.timeout = 60s, .stall_timeout = 10s, .stop = token});
  // page ends here
  return sent;
}

bool goes_on(trivium::socket& peer, std::string const& data, bool (*go_on)(trivium::error_code const&)) {
  // page begins here
  std::size_t bytes = 0;
  for (;;) {
    auto const rest = std::string_view{data}.substr(bytes);
    auto const sent = trivium::blocking::send_all(peer, rest, {.stall_timeout = 10s});
    bytes += sent.bytes;
    if (!sent.error) return true;
    if (!sent.connection_usable() || !go_on(sent.error)) return false;
  }
  // page ends here
}

void the_mode(trivium::stream& there) {
  // page begins here
  there.set_read_timeout(5s);
  there.set_write_timeout(30s);
  there.set_blocking(false);  // as set_timeout(0s): a call of the stream's own makes one attempt
  there.set_timeout(std::nullopt);
  // page ends here
}

// docs/lifetimes.md

// page begins here
awaitable<void> echo(trivium::stream peer) {  // by value: the coroutine owns the connection
  std::vector<char> buffer(65536);            // and the memory
  for (;;) {
    auto const received =
        co_await trivium::async::receive_some(peer, buffer, {.timeout = 60s}, use_awaitable);
    if (received.error) co_return;
    auto const back = std::span{buffer}.first(received.bytes);
    auto const sent = co_await trivium::async::send_all(peer, back, {.timeout = 60s}, use_awaitable);
    if (sent.error) co_return;
  }
}
// page ends here

void with_a_handler(trivium::stream& peer, std::string text) {
  // page begins here
  auto const data = std::make_shared<std::string>(std::move(text));  // the handler owns the memory
  trivium::async::send_all(peer, *data, {.timeout = 30s}, [data](trivium::transfer_result sent) {
    if (sent.error) std::cerr << sent.error.message() << '\n';
  });
  // page ends here
}

// docs/lacks.md

std::size_t what_a_stream_lacks(asio::io_context& io, trivium::stream& there, int descriptor,
                                std::span<char> into) {
  // page begins here
  trivium::stream taken{trivium::socket{descriptor}, io.get_executor()};     // assign
  trivium::stream accepted{asio::ip::tcp::socket{io, asio::ip::tcp::v4()}};  // from a socket of Asio's
  asio::ip::tcp::socket back = accepted.release_socket();                    // and back
  int waiting = 0;
  ::ioctl(there.native_handle(), FIONREAD, &waiting);                                   // io_control
  auto const seen = ::recv(there.native_handle(), into.data(), into.size(), MSG_PEEK);  // flags
  // page ends here
  back.close();
  return seen < 0 ? 0 : static_cast<std::size_t>(seen);
}

// docs/errors.md

void which_error(trivium::transfer_result const& result, void (*at_the_end)()) {
  // page begins here
  if (result.error == trivium::errc::end_of_file) at_the_end();
  if (trivium::as_asio_error(result.error) == asio::error::eof) at_the_end();
  // page ends here
}

// docs/fork.md

void forks(asio::io_context& io, void (*child)(), void (*parent)()) {
  // page begins here
  io.notify_fork(boost::asio::io_context::fork_prepare);
  if (fork() == 0) {
    io.notify_fork(boost::asio::io_context::fork_child);  // now it has an epoll set of its own
    child();
  } else {
    io.notify_fork(boost::asio::io_context::fork_parent);
    parent();
  }
  // page ends here
}

#ifdef TRIVIUM_TLS

// docs/tls.md

void a_server(trivium::socket peer) {
  // page begins here
  auto const ours =
      trivium::tls_server_context::make({.certificate_file = "chain.pem", .key_file = "key.pem"}).value();
  trivium::tls_session there{std::move(peer), ours};
  // page ends here
}

trivium::transfer_result with_an_event_loop(trivium::tls_session there, asio::io_context& io,
                                            std::string const& data) {
  // page begins here
  trivium::tls_stream tls{std::move(there), io.get_executor()};
  tls.set_timeout(5s);
  auto const sent = trivium::blocking::send_all(tls, data);
  auto const finished =
      trivium::blocking::finish(tls, {.timeout = 30s});  // close_notify, then the end of file
  // page ends here
  return sent.error ? sent : finished;
}

#endif

}  // namespace shown

namespace {

// The name of the page is this machine's here.
struct somewhere {
  trivium::socket listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  std::string host = "127.0.0.1";
  std::string port = std::to_string(listening.local_endpoint().value().port());
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_the_page_of_the_ways_shows_sends_every_byte) {
  somewhere here;
  boost::asio::io_context io;
  std::string const data(100'000, 'x');
  trivium::socket far;
  std::thread accepts{[&] { far = trivium::blocking::accept(here.listening).value(); }};
  std::stop_source source;

  std::vector<std::byte> seen;
  auto done = boost::asio::co_spawn(
      io, shown::the_three_ways(here.host, here.port, io, data, source.get_token()), boost::asio::use_future);
  std::thread reads{[&] {
    accepts.join();
    trivium::test::reading_peer peer{far};
    seen = peer.seen();
  }};
  io.run();
  reads.join();
  done.get();
  BOOST_TEST(seen.size() == 6 * data.size());
}

BOOST_AUTO_TEST_CASE(the_multiplexer_that_a_page_shows_sends_back_to_everybody) {
  trivium::nonblocking::multiplexer loop;
  auto listening = trivium::listen(trivium::endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const at = listening.local_endpoint().value();
  std::deque<shown::session> peers;
  shown::serve(loop, listening, peers);
  std::jthread const serves{[&] { loop.run(); }};
  for (int times = 0; times < 5; ++times) {
    auto peer = trivium::blocking::connect(at).value();
    std::string const message(100'000, static_cast<char>('a' + times));
    std::string back(message.size(), '?');
    std::jthread const sends{[&] { static_cast<void>(trivium::blocking::send_all(peer, message)); }};
    BOOST_TEST(trivium::test::no_error(trivium::blocking::receive_all(peer, back)));
    BOOST_TEST((back == message));
  }
  loop.stop();
}

BOOST_AUTO_TEST_CASE(the_source_that_a_page_shows_gives_every_byte) {
  auto [near, far] = trivium::test::tcp_pair();
  trivium::test::reading_peer peer{far};
  auto const sent = shown::sends_zeros(near);
  near.close();
  BOOST_TEST(trivium::test::no_error(sent));
  BOOST_TEST(sent.bytes == 1'000'000u);
  BOOST_TEST(peer.seen().size() == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(the_sink_that_a_page_shows_sees_every_byte) {
  auto [near, far] = trivium::test::tcp_pair();
  BOOST_TEST(trivium::blocking::send_all(far, std::string_view{"one\ntwo\nthree"}).value() == 13u);
  far.close();
  BOOST_TEST(shown::counts_newlines(near) == 2u);
}

BOOST_AUTO_TEST_CASE(an_end_of_file_is_seen_by_either_comparison) {
  static int ends = 0;
  shown::which_error({.error = trivium::errc::end_of_file}, [] { ++ends; });
  BOOST_TEST(ends == 2);
}

// docs/lacks.md, where the compiler can see it.
template <class Stream>
concept at_mark = requires(Stream& there) {
  there.at_mark();
};
template <class Stream>
concept named_types = requires {
  typename Stream::protocol_type;
  typename Stream::endpoint_type;
  typename Stream::native_handle_type;
};
template <class Stream>
concept endpoints_with_an_error = requires(Stream& there, boost::system::error_code& error) {
  there.local_endpoint(error);
  there.remote_endpoint(error);
};
template <class Stream>
concept asynchronous_flags = requires(Stream& there, asio::const_buffer from) {
  there.async_send(from, 0, use_awaitable);
};
template <class Stream>
concept made_of_a_protocol = std::is_constructible_v<Stream, asio::io_context&, asio::ip::tcp>;
template <class Stream>
concept made_of_an_endpoint = std::is_constructible_v<Stream, asio::io_context&, asio::ip::tcp::endpoint>;

BOOST_AUTO_TEST_CASE(a_stream_lacks_what_the_page_says) {
  using asios = asio::ip::tcp::socket;
  static_assert(at_mark<asios> && !at_mark<trivium::stream>);
  static_assert(named_types<asios> && !named_types<trivium::stream>);
  static_assert(endpoints_with_an_error<asios> && !endpoints_with_an_error<trivium::stream>);
  static_assert(asynchronous_flags<asios> && !asynchronous_flags<trivium::stream>);
  static_assert(made_of_a_protocol<asios> && !made_of_a_protocol<trivium::stream>);
  static_assert(made_of_an_endpoint<asios> && !made_of_an_endpoint<trivium::stream>);
}
