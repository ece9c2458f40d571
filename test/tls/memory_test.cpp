// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A session without memory: the nth allocation of OpenSSL's and of our own buffers fails, for every n, or all
// do from it on. Whatever it was for, an operation succeeds or says why not, soon; no byte is lost or
// invented, and no descriptor left behind (nor memory of ours, for which a sanitizer looks). A program of its
// own, since OpenSSL takes its allocator before anything else.
#include <dirent.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <elsewhere.hpp>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <string>
#include <thread>
#include <tls_pair.hpp>
#include <trivium/async.hpp>
#include <trivium/blocking.hpp>
#include <trivium/operations/handshaking.hpp>
#include <tuple>
#include <ways.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

// --- The allocator. --------------------------------------------------------------------------------------

namespace {

// Of the calling thread, while a `scarcity` of its is in force.
struct scarce {
  bool in_force = false;
  bool all = false;
  long left = 0;
  std::size_t largest = ~std::size_t{0};
  long refused = 0;
};
thread_local scarce memory;

bool refuses(std::size_t bytes) noexcept {
  if (!memory.in_force) return false;
  bool const refused = bytes > memory.largest || memory.left < 0 || memory.left-- == 0;
  if (!refused) return false;
  ++memory.refused;
  if (memory.all) memory.left = -1;
  return true;
}

void* openssls_malloc(std::size_t bytes, char const*, int) {
  return refuses(bytes) ? nullptr : std::malloc(bytes);
}
void* openssls_realloc(void* old, std::size_t bytes, char const*, int) {
  return refuses(bytes) ? nullptr : std::realloc(old, bytes);
}
void openssls_free(void* it, char const*, int) {
  std::free(it);
}

bool const openssl_asks_us = CRYPTO_set_mem_functions(openssls_malloc, openssls_realloc, openssls_free) == 1;

class scarcity {
 public:
  enum class how_many { one, all };
  scarcity(long after, how_many which) noexcept {
    memory = {true, which == how_many::all, after, ~std::size_t{0}, 0};
  }
  struct larger_than {
    std::size_t bytes;
  };
  explicit scarcity(larger_than most) noexcept {
    memory = {true, false, std::numeric_limits<long>::max(), most.bytes, 0};
  }
  ~scarcity() { memory.in_force = false; }
  scarcity(scarcity const&) = delete;
  scarcity& operator=(scarcity const&) = delete;

  bool happened() const noexcept { return memory.refused != 0; }
};

}  // namespace

// What the linker lets through here (--wrap): a sanitizer's own is behind it.
extern "C" {
void* __real__ZnamRKSt9nothrow_t(std::size_t, std::nothrow_t const&) noexcept;  // operator new[]
void* __wrap__ZnamRKSt9nothrow_t(std::size_t bytes, std::nothrow_t const& how) noexcept {
  return refuses(bytes) ? nullptr : __real__ZnamRKSt9nothrow_t(bytes, how);
}
}

// --- What is tried. --------------------------------------------------------------------------------------

namespace {

using all_ways = std::tuple<blocking_way, nonblocking_way, async_way>;
constexpr limits soon{.timeout = 20s};  // a livelock would end by it, and fail

int descriptors() {
  auto* const listed = ::opendir("/proc/self/fd");
  BOOST_REQUIRE(listed != nullptr);
  int count = 0;
  while (::readdir(listed) != nullptr) ++count;
  ::closedir(listed);
  return count;
}

// Each n, one failing and all from it on, until there are no more allocations than that. Every `step`th only
// of what has thousands and is tried elsewhere for each.
void for_every_allocation(std::function<bool(long, scarcity::how_many)> const& tried, long step = 1) {
  BOOST_REQUIRE(openssl_asks_us);
  tried(std::numeric_limits<long>::max(), scarcity::how_many::one);  // what is made once, is made
  auto const before = descriptors();
  for (auto const which : {scarcity::how_many::one, scarcity::how_many::all}) {
    long n = 0;
    bool happened = true;
    for (; happened && n < 100'000; n += step) {
      BOOST_TEST_CONTEXT("allocation " << n
                                       << (which == scarcity::how_many::all ? " and all later" : " alone"))
      happened = tried(n, which);
    }
    BOOST_TEST(!happened);
    BOOST_TEST(n > step);
  }
  BOOST_TEST(descriptors() == before);
}

bool is_explained(error_code const& error) {
  return error != errc::session_broken && error != errc::would_block && error != errc::timed_out &&
         !error.message().empty() && error.value() != 0;
}

// On a loop of its own.
struct ended : test_tls_stream {
  ended(boost::asio::io_context& io, tls_session of) : test_tls_stream{io, std::move(of), nullptr} {}
};

struct two {
  explicit two(std::string_view host = "localhost") : two{tls_pair{trusting(), host, server()}} {}

  static tls_server_context const& server() {
    static auto const made = server_of(certificates::here().good);
    return made;
  }

  boost::asio::io_context io;
  ended near;
  tls_session far;

 private:
  explicit two(tls_pair ends) : near{io, std::move(ends.client)}, far{std::move(ends.server)} {}
};

template <class Way>
transfer_result shake(ended& it) {
  return Way::complete(it, handshaking{it, soon});
}

struct shaken_two : two {
  shaken_two() {
    elsewhere peer{[&] { return blocking::handshake(far, soon); }};
    BOOST_REQUIRE(no_error(shake<blocking_way>(near)));
    BOOST_REQUIRE(no_error(peer.result()));
  }
};

std::string const word = "word";

// The session is whole: a word passes.
void talks(tls_session& from, tls_session& to) {
  std::string heard(word.size(), '?');
  elsewhere peer{[&] { return blocking::receive_all(to, heard, soon); }};
  BOOST_TEST(no_error(blocking::send_all(from, word, soon)));
  BOOST_TEST(no_error(peer.result()));
  BOOST_TEST(heard == word);
}

// Reads to the end, as a thread.
struct hearing {
  explicit hearing(tls_session& from)
      : thread{[this, &from] {
          std::vector<std::byte> part(50'000);
          while (!error) {
            auto const received = blocking::receive_some(from, part, soon);
            heard.insert(heard.end(), part.begin(), part.begin() + static_cast<long>(received.bytes));
            error = received.error;
          }
        }} {}
  std::vector<std::byte> heard;
  error_code error;
  std::thread thread;
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handshake_without_memory_says_so, way, all_ways) {
  // Every one in one way, in the others some: what they ask of the session is the same.
  long const step = std::is_same_v<way, nonblocking_way> ? 1 : 29;
  for_every_allocation(
      [](long n, scarcity::how_many which) {
        two ends;
        elsewhere peer{[&] { return blocking::handshake(ends.far, soon); }};
        transfer_result shaken;
        bool happened = false;
        {
          scarcity const now{n, which};
          shaken = shake<way>(ends.near);
          happened = now.happened();
        }
        BOOST_TEST(shaken.bytes == 0u);
        if (shaken.error) BOOST_TEST(is_explained(shaken.error), shaken.error.message());
        if (shaken.error && shaken.connection_usable()) shaken = shake<way>(ends.near);
        if (shaken.error) {
          BOOST_TEST(shake<way>(ends.near).error == errc::session_broken);
          ends.near.close();
          // It may have heard all that belongs to the handshake, and hears no more.
          std::string heard(1, '?');
          if (!peer.result().error) BOOST_TEST(!!blocking::receive_all(ends.far, heard, soon).error);
        } else if (!peer.result().error) {
          talks(ends.near, ends.far);
        }
        return happened;
      },
      step);
}

BOOST_AUTO_TEST_CASE(a_handshake_of_a_server_without_memory_says_so) {
  auto const tried = [](long n, scarcity::how_many which) {
    two ends;
    elsewhere peer{[&] { return blocking::handshake(ends.near, soon); }};
    transfer_result shaken;
    bool happened = false;
    {
      scarcity const now{n, which};
      shaken = blocking::handshake(ends.far, soon);
      happened = now.happened();
    }
    if (shaken.error) {
      BOOST_TEST(is_explained(shaken.error), shaken.error.message());
      ends.far.close();
    } else if (!peer.result().error) {
      talks(ends.far, ends.near);
    }
    return happened;
  };
  for_every_allocation(tried, 3);
}

// No check is left out because there was no memory for it.
BOOST_AUTO_TEST_CASE(without_memory_nobody_is_believed_who_would_not_be_with_it) {
  auto const tried = [](long n, scarcity::how_many which) {
    auto [near, far] = tcp_pair();
    tls_session server{std::move(far), two::server()};
    elsewhere peer{[&] { return blocking::handshake(server, soon); }};
    bool happened = false;
    {
      std::optional<tls_session> client;
      std::optional<transfer_result> shaken;
      {
        scarcity const now{n, which};
        try {
          client.emplace(std::move(near), trusting(), "elsewhere.example");
          shaken = blocking::handshake(*client, soon);
        } catch (std::bad_alloc const&) {
        }
        happened = now.happened();
      }
      if (shaken) BOOST_TEST(!!shaken->error);
      near.close();
    }
    BOOST_TEST(!!peer.result().error);
    return happened;
  };
  for_every_allocation(tried, 3);
}

BOOST_AUTO_TEST_CASE(a_session_is_made_or_there_is_bad_alloc) {
  for (auto const* const host : {"localhost", "127.0.0.1"}) {
    for_every_allocation([&](long n, scarcity::how_many which) {
      auto [near, far] = tcp_pair();
      bool happened = false;
      std::optional<tls_session> client;
      {
        scarcity const now{n, which};
        try {
          client.emplace(std::move(near), trusting(), host);
        } catch (std::bad_alloc const&) {
        }
        happened = now.happened();
      }
      if (client) {
        tls_session server{std::move(far), two::server()};
        elsewhere peer{[&] { return blocking::handshake(server, soon); }};
        BOOST_TEST(no_error(blocking::handshake(*client, soon)));
        BOOST_TEST(no_error(peer.result()));
      }
      return happened;
    });
  }
}

BOOST_AUTO_TEST_CASE(a_context_is_made_or_there_is_bad_alloc_or_a_problem_that_has_an_error) {
  auto const& here = certificates::here();
  auto const tries = [](auto const& make) {
    for_every_allocation(
        [&](long n, scarcity::how_many which) {
          bool happened = false;
          scarcity const now{n, which};
          try {
            auto const made = make();
            happened = now.happened();
            memory.in_force = false;
            if (made.has_error()) {
              BOOST_TEST(!!made.error().error);
              BOOST_TEST(made.error().message().find("_file") != std::string::npos);
            }
          } catch (std::bad_alloc const&) {
            happened = now.happened();
          }
          return happened;
        },
        13);
  };
  tries([&] { return tls_client_context::make({.ca_file = here.ca_file, .alpn = "h2,http/1.1"}); });
  tries([&] {
    return tls_server_context::make({.certificate_file = here.good.certificate_file,
                                     .key_file = here.good.key_file,
                                     .client_ca_file = here.ca_file});
  });
}

// The peer gets no more than is counted, and all of it where the session lives on.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_send_without_memory_counts_what_it_has_taken, way, all_ways) {
  auto const data = pattern(100'000);
  for (bool const small : {false, true}) {
    for_every_allocation(
        [&](long n, scarcity::how_many which) {
          shaken_two ends;
          if (small)
            SSL_set_max_send_fragment(ends.near.native_session(), 1000);  // many records of one piece
          hearing peer{ends.far};
          transfer_result sent;
          bool happened = false;
          {
            scarcity const now{n, which};
            sent = verbs<way>::send_all(ends.near, data, soon);
            happened = now.happened();
          }
          if (sent.error) BOOST_TEST(is_explained(sent.error), sent.error.message());
          if (sent.error && sent.connection_usable())
            sent += verbs<way>::send_all(ends.near, std::span{data}.subspan(sent.bytes), soon);
          bool const whole = !sent.error;
          if (whole) {
            BOOST_TEST(sent.bytes == data.size());
            BOOST_TEST(no_error(verbs<way>::finish(ends.near, soon)));
          }
          ends.near.close();
          peer.thread.join();
          BOOST_TEST(peer.heard.size() <= sent.bytes);
          if (whole) BOOST_TEST(peer.heard.size() == data.size());
          BOOST_TEST(std::equal(peer.heard.begin(), peer.heard.end(), data.begin()));
          return happened;
        },
        small ? 5 : 1);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_receive_without_memory_counts_what_it_has_given, way, all_ways) {
  auto const data = pattern(60'000);
  for_every_allocation([&](long n, scarcity::how_many which) {
    shaken_two ends;
    elsewhere peer{[&] {
      auto const sent = blocking::send_all(ends.far, data, soon);
      return sent.error ? sent : blocking::finish(ends.far, soon);
    }};
    std::vector<std::byte> into(data.size());
    transfer_result received;
    bool happened = false;
    {
      scarcity const now{n, which};
      received = verbs<way>::receive_all(ends.near, into, soon);
      happened = now.happened();
    }
    if (received.error) BOOST_TEST(is_explained(received.error), received.error.message());
    if (received.error && received.connection_usable()) {
      auto rest = std::span{into}.subspan(received.bytes);
      received += verbs<way>::receive_all(ends.near, rest, soon);
    }
    if (!received.error) BOOST_TEST(received.bytes == data.size());
    BOOST_TEST(std::equal(into.begin(), into.begin() + static_cast<long>(received.bytes), data.begin()));
    ends.near.close();
    static_cast<void>(peer.result());
    return happened;
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_end_without_memory_is_said_or_is_none, way, all_ways) {
  for_every_allocation([](long n, scarcity::how_many which) {
    shaken_two ends;
    hearing peer{ends.far};
    transfer_result finished;
    bool happened = false;
    {
      scarcity const now{n, which};
      finished = verbs<way>::finish(ends.near, soon);
      happened = now.happened();
    }
    if (finished.error) BOOST_TEST(is_explained(finished.error), finished.error.message());
    if (finished.error && finished.connection_usable()) finished = verbs<way>::finish(ends.near, soon);
    bool const whole = !finished.error;
    ends.near.close();
    peer.thread.join();
    BOOST_TEST(peer.heard.empty());
    if (whole) BOOST_TEST(peer.error == errc::end_of_file);
    return happened;
  });
}

// --- Where only large pieces are short. ------------------------------------------------------------------

// One record's is there, a batch's never: it goes on record by record.
BOOST_AUTO_TEST_CASE_TEMPLATE(without_memory_for_a_batch_it_is_sent_record_by_record, way, all_ways) {
  shaken_two ends;
  auto const data = pattern(300'000);
  hearing peer{ends.far};
  {
    scarcity const now{scarcity::larger_than{20'000}};
    auto const sent = verbs<way>::send_all(ends.near, data, soon);
    BOOST_TEST(no_error(sent));
    BOOST_TEST(sent.bytes == data.size());
    BOOST_TEST(now.happened());
  }
  BOOST_TEST(no_error(verbs<way>::finish(ends.near, soon)));
  peer.thread.join();
  BOOST_TEST(same(peer.heard, data));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(without_memory_for_a_record_a_send_is_enomem_and_goes_on_later, way, all_ways) {
  shaken_two ends;
  auto const data = pattern(300'000);
  hearing peer{ends.far};
  {
    scarcity const now{scarcity::larger_than{10'000}};
    auto const sent = verbs<way>::send_all(ends.near, data, soon);
    BOOST_TEST(sent.error == boost::system::errc::not_enough_memory);
    BOOST_TEST(sent.connection_usable());
    BOOST_TEST(sent.bytes == 0u);
  }
  BOOST_TEST(no_error(verbs<way>::send_all(ends.near, data, soon)));
  BOOST_TEST(no_error(verbs<way>::finish(ends.near, soon)));
  peer.thread.join();
  BOOST_TEST(same(peer.heard, data));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(without_memory_for_a_batch_it_is_received_record_by_record, way, all_ways) {
  shaken_two ends;
  auto const data = pattern(600'000);
  elsewhere peer{[&] { return blocking::send_all(ends.far, data, soon); }};
  std::vector<std::byte> into(data.size());
  scarcity const now{scarcity::larger_than{20'000}};
  auto const received = verbs<way>::receive_all(ends.near, into, soon);
  memory.in_force = false;
  BOOST_TEST(no_error(received));
  BOOST_TEST(same(into, data));
  BOOST_TEST(no_error(peer.result()));
}

BOOST_AUTO_TEST_CASE(that_openssl_had_no_memory_equals_the_condition_and_ends_the_session) {
  for (auto const& error :
       {error_code{static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE)), tls_category()},
        error_code{X509_V_ERR_OUT_OF_MEM, tls_verification_category()}}) {
    BOOST_TEST(error == boost::system::errc::not_enough_memory);
    BOOST_TEST(!out_of_resources(error));
    BOOST_TEST(!transfer_result{.error = error}.connection_usable());
    BOOST_TEST(error.message().find("out of memory") != std::string::npos, error.message());
  }
}
