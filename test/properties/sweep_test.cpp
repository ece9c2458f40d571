// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Every verb, in every way, over TCP and Unix sockets, with the nth allocation or the nth descriptor refused,
// for all n: it throws std::bad_alloc with nothing having happened, or says what ran short, or succeeds.
// Afterwards the thread's signal mask, the open descriptors and the heap are what they were, and the same
// connection serves the same verb. What an asynchronous transfer does with each failure: out_of_memory_test.

#include <addresses.hpp>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>
#include <boost/throw_exception.hpp>
#include <functional>
#include <joined.hpp>
#include <new>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <remains.hpp>
#include <shortage.hpp>
#include <string>
#include <thread>
#include <transports.hpp>
#include <trivium/trivium.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
namespace asio = boost::asio;

namespace {

// --- the sweep

using attempt_with = std::function<error_code(shortage&)>;

// Once with what is refused; whether that came to anything.
bool once(attempt_with const& attempt, shortage& refused) {
  auto const before = what_is_there();
  auto const error = attempt(refused);
  if (error) BOOST_TEST(out_of_resources(error), error.message());
  if (refused.threw) BOOST_TEST(no_error(error));
  expect_as(before);
  return refused.happened;
}

void sweep(std::string const& name, attempt_with const& attempt) {
  using how_many = failing_allocation::how_many;
  // What a thread, and the C library, set up once. (And UBSan, to look at an object's type, opens a pipe.)
  BOOST_CHECK_THROW(boost::throw_exception(boost::system::system_error{error_code{}}),
                    boost::system::system_error);
  for (int i = 0; i != 2; ++i) {
    no_memory none{1'000'000, how_many::one};
    BOOST_TEST(!attempt(none), name);
  }
  unsigned allocations = 0, descriptors = 0;
  for (auto const how : {how_many::one, how_many::all}) {
    bool happened = true;
    for (unsigned n = 0; happened; ++n) {
      BOOST_TEST_CONTEXT(name << ", without memory at allocation " << n
                              << (how == how_many::all ? " and from there on" : "")) {
        no_memory refused{n, how};
        happened = once(attempt, refused);
      }
      allocations += happened;
    }
  }
  bool happened = true;
  for (unsigned n = 0; happened; ++n) {
    BOOST_TEST_CONTEXT(name << ", without descriptor " << n) {
      no_descriptor refused{n};
      happened = once(attempt, refused);
    }
    descriptors += happened;
  }
  for (std::size_t const left : {0u, 1u, 2u, 4u}) {
    BOOST_TEST_CONTEXT(name << ", with " << left << " descriptors left") {
      few_descriptors refused{left};
      once(attempt, refused);
    }
  }
  BOOST_TEST_MESSAGE(name << ": " << allocations << " allocations and " << descriptors
                          << " descriptors refused");
}

// --- ways, and what they turn

enum class way { blocking, nonblocking, async };
constexpr std::pair<char const*, way> ways[] = {
    {"blocking", way::blocking}, {"nonblocking", way::nonblocking}, {"async", way::async}};

std::stop_source const never;
std::stop_token const token = never.get_token();
limits const armed{
    .timeout = 60s, .stall_timeout = 60s, .min_rate = {.bytes_per_second = 1, .over = 60s}, .stop = token};
constexpr std::pair<char const*, bool> limited[] = {{"", false}, {" with limits", true}};

// An event loop whose reactor exists already.
struct loop {
  asio::io_context io;
  asio::steady_timer first{io};
  asio::posix::stream_descriptor second{io};

  // What could not be told before is told now.
  void rest() {
    io.restart();
    io.run();
  }
};

auto keeps(result<trivium::socket>& told) {
  return [&told](error_code error, trivium::socket got) {
    if (error)
      told = error;
    else
      told = std::move(got);
  };
}

result<trivium::socket> turned_by(way how, loop& on, connecting operation) {
  if (how == way::blocking) {
    blocking::complete(operation);
    return operation.take();
  }
  if (how == way::nonblocking) {
    nonblocking::complete(operation, retry::poll);
    return operation.take();
  }
  result<trivium::socket> told{error_code{}};
  async::complete(on.io.get_executor(), std::move(operation), keeps(told));
  on.io.restart();
  on.io.run();
  return told;
}

struct kind {
  char const* name;
  endpoint at;
  std::pair<trivium::socket, trivium::socket> (*ends)(int);
};
std::vector<kind> both_kinds() {
  return {
      {"tcp", loopback_address(), tcp_pair},
      {"local", endpoint::local("\0trivium sweep_test "s + std::to_string(::getpid())).value(), local_pair}};
}

// Who has called is there to be accepted: nothing is lost of the calls.
std::size_t accept_all(trivium::socket& listening) {
  std::size_t count = 0;
  while (nonblocking::accept(listening)) ++count;
  return count;
}

void sweep_connects(std::string const& name, std::function<connecting()> const& make,
                    trivium::socket& listening) {
  for (auto const& [way_name, how] : ways)
    sweep("connect " + name + ", " + way_name, [&, how = how](shortage& refused) {
      error_code error;
      {
        loop on;
        result<trivium::socket> got{error_code{}};
        refused.of([&] { got = turned_by(how, on, make()); });
        on.rest();
        error = got.error();
        BOOST_TEST((error || refused.threw || got.has_value()));
      }
      accept_all(listening);
      return error;
    });
}

// A name server of this machine, for one name; what it gives out, it gets back.
struct names {
  names(endpoint const& stands_for) {
    to = stands_for;
    given = taken_back = 0;
    table.getaddrinfo = [](char const* host, char const* service, addrinfo const* hints, addrinfo** found) {
      if (host != "swept.test"s) {
        if ((hints->ai_flags & AI_NUMERICHOST) == 0) return EAI_FAIL;
        int const code = kernel.getaddrinfo(host, service, hints, found);
        given += code == 0;
        return code;
      }
      if ((hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
      int const code = name_stands_for({to, to, to}, found);
      given += code == 0;
      fails_here.reset();
      if (allocation_of_thread) fails_here.emplace(*allocation_of_thread, failing_allocation::how_many::one);
      return code;
    };
    table.freeaddrinfo = [](addrinfo* list) {
      if (fails_here) happened = happened || fails_here->happened();
      ++taken_back;
      kernel.freeaddrinfo(list);
    };
    in_force.emplace(table);
  }
  ~names() { BOOST_TEST(given == taken_back); }

  inline static endpoint to;
  inline static std::atomic<int> given, taken_back;
  inline static std::optional<std::uint64_t> allocation_of_thread;  // which fails in the look-up's thread
  inline static std::atomic<bool> happened;
  inline static thread_local std::optional<failing_allocation> fails_here;
  inline static system_table table = kernel;
  std::optional<replaced_system> in_force;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_connect_to_an_address_leaves_nothing) {
  for (auto const& over : both_kinds()) {
    auto listening = listen(over.at).value();
    auto const to = listening.local_endpoint().value();
    for (auto const& [with, is_limited] : limited)
      sweep_connects(
          over.name + ""s + with,
          [&, is_limited = is_limited] {
            return connecting{to, is_limited ? armed : limits{}};
          },
          listening);
  }
}

BOOST_AUTO_TEST_CASE(a_connect_to_a_numeric_address_leaves_nothing) {
  auto listening = listen(loopback_address()).value();
  auto const port = std::to_string(listening.local_endpoint()->port());
  for (auto const& [with, is_limited] : limited)
    sweep_connects(
        "numeric"s + with,
        [&, is_limited = is_limited] {
          return connecting{"127.0.0.1", port, is_limited ? armed : limits{}};
        },
        listening);
}

BOOST_AUTO_TEST_CASE(a_connect_by_name_leaves_nothing) {
  auto listening = listen(loopback_address()).value();
  names const server{listening.local_endpoint().value()};
  std::vector<connect_attempt> attempts;
  for (auto const& [with, is_limited] : limited)
    sweep_connects(
        "by name"s + with,
        [&, is_limited = is_limited] {
          attempts = {};
          return connecting{"swept.test", "1", is_limited ? armed : limits{}, {.attempts = &attempts}};
        },
        listening);
}

BOOST_AUTO_TEST_CASE(a_look_up_whose_thread_has_no_memory_leaves_nothing) {
  auto listening = listen(loopback_address()).value();
  names const server{listening.local_endpoint().value()};
  BOOST_TEST(blocking::connect("swept.test", "1", armed).has_value());
  accept_all(listening);
  unsigned n = 0;
  do {
    auto const before = what_is_there();
    names::happened = false;
    names::allocation_of_thread = n;
    {
      auto const got = blocking::connect("swept.test", "1", armed);
      names::allocation_of_thread.reset();
      if (got.has_error()) BOOST_TEST(out_of_resources(got.error()));
      BOOST_TEST(got.has_error() == names::happened);
    }
    accept_all(listening);
    expect_as(before);
  } while (++n < 100 && names::happened);
  BOOST_TEST(n > 1u);
  BOOST_TEST(n < 100u);
}

BOOST_AUTO_TEST_CASE(an_accept_leaves_nothing_and_the_caller_in_the_backlog) {
  for (auto const& over : both_kinds()) {
    auto listening = listen(over.at).value();
    auto const to = listening.local_endpoint().value();
    for (auto const& [with, is_limited] : limited)
      for (auto const& [way_name, how] : ways)
        sweep("accept "s + over.name + with + ", " + way_name,
              [&, how = how, within = is_limited ? armed : limits{}](shortage& refused) {
                trivium::socket const caller{::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
                BOOST_REQUIRE(::connect(caller.native_handle(), to.data(), to.size()) == 0);
                loop on;
                result<trivium::socket> got{error_code{}};
                refused.of([&] {
                  if (how == way::blocking) {
                    got = blocking::accept(listening, within);
                  } else if (how == way::nonblocking) {
                    got = nonblocking::accept(listening, retry::poll, within);
                  } else {
                    async::accept(on.io.get_executor(), listening, within, keeps(got));
                    on.io.restart();
                    on.io.run();
                  }
                });
                on.rest();
                bool const accepted = got.has_value() && got->is_open();
                BOOST_TEST(accept_all(listening) == (accepted ? 0u : 1u));
                return got.error();
              });
  }
}

namespace {

constexpr std::size_t size = 100'000;  // more than the kernel takes at once

// Many pieces: those need memory of their own.
template <class Buffer>
std::vector<Buffer> in_pieces(auto& data) {
  std::vector<Buffer> pieces;
  for (std::size_t at = 0; at < data.size(); at += 1000)
    pieces.emplace_back(data.data() + at, std::min<std::size_t>(1000, data.size() - at));
  return pieces;
}

enum class verb { send_some, send_all, receive_some, receive_all, finish };
constexpr std::pair<char const*, verb> verbs[] = {{"send_some", verb::send_some},
                                                  {"send_all", verb::send_all},
                                                  {"receive_some", verb::receive_some},
                                                  {"receive_all", verb::receive_all},
                                                  {"finish", verb::finish}};

// The verb by the way, on memory that is one piece or many.
template <class From, class Into>
transfer_result by(way how, verb what, trivium::stream& near, asio::io_context& io, From const& from,
                   Into const& into, limits const& within) {
  auto const completed = [&](auto operation) {
    return how == way::blocking ? blocking::complete(operation)
                                : nonblocking::complete(operation, retry::poll);
  };
  if (how != way::async) {
    switch (what) {
      case verb::send_some:
        return how == way::blocking ? blocking::send_some(near, from, within)
                                    : completed(transfer{near, sending_some(from), within});
      case verb::send_all:
        return how == way::blocking ? blocking::send_all(near, from, within)
                                    : nonblocking::send_all(near, from, retry::poll, within);
      case verb::receive_some:
        return how == way::blocking ? blocking::receive_some(near, into, within)
                                    : completed(transfer{near, receiving_some(into), within});
      case verb::receive_all:
        return how == way::blocking ? blocking::receive_all(near, into, within)
                                    : nonblocking::receive_all(near, into, retry::poll, within);
      case verb::finish:
        return how == way::blocking ? blocking::finish(near, within)
                                    : nonblocking::finish(near, retry::poll, within);
    }
  }
  transfer_result told;
  auto const tell = [&](transfer_result result) { told = result; };
  switch (what) {
    case verb::send_some:
      async::send_some(near, from, within, tell);
      break;
    case verb::send_all:
      async::send_all(near, from, within, tell);
      break;
    case verb::receive_some:
      async::receive_some(near, into, within, tell);
      break;
    case verb::receive_all:
      async::receive_all(near, into, within, tell);
      break;
    case verb::finish:
      async::finish(near, within, tell);
      break;
  }
  io.restart();
  io.run();
  return told;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_transfer_leaves_nothing_and_goes_on_exactly_at_its_count) {
  auto const data = pattern(size);
  for (auto const& over : both_kinds())
    for (auto const& [verb_name, what] : verbs)
      for (auto const& [way_name, how] : ways)
        for (auto const& [with, is_limited] : limited)
          for (bool const many : {false, true})
            sweep(verb_name + " "s + over.name + with + (many ? " of many pieces, " : ", ") + way_name,
                  [&, what = what, how = how, within = is_limited ? armed : limits{}](shortage& refused) {
                    bool const sends = what == verb::send_some || what == verb::send_all;
                    bool const receives = what == verb::receive_some || what == verb::receive_all;
                    joined ends{over.ends(16 * 1024)};
                    std::vector<std::byte> into(size), seen;
                    auto const sent_pieces = in_pieces<asio::const_buffer>(data);
                    auto const received_pieces = in_pieces<asio::mutable_buffer>(into);
                    std::optional<reading_peer> reads;
                    std::optional<writing_peer> writes;
                    if (receives)
                      writes.emplace(ends.far, data);
                    else
                      reads.emplace(ends.far);
                    transfer_result came;
                    refused.of([&] {
                      came = many ? by(how, what, ends.near, ends.io, sent_pieces, received_pieces, within)
                                  : by(how, what, ends.near, ends.io, asio::buffer(data), asio::buffer(into),
                                       within);
                    });
                    ends.io.restart();
                    ends.io.run();

                    // An executor that has no memory to tell may have moved bytes: then nobody knows how
                    // many.
                    bool const counted = how != way::async || !refused.threw;
                    auto const left = std::span{data}.subspan(came.bytes);
                    if (sends && counted) {
                      BOOST_TEST(no_error(blocking::send_all(ends.near, left, {.timeout = 60s})));
                    } else if (receives && counted) {
                      auto const rest = std::span{into}.subspan(came.bytes);
                      BOOST_TEST(no_error(blocking::receive_all(ends.near, rest, {.timeout = 60s})));
                      BOOST_TEST(same(into, data));
                    }
                    ends.near.close();
                    if (sends && counted) BOOST_TEST(same(reads->seen(), data));
                    return came.error;
                  });
}
