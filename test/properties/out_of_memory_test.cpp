// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// An asynchronous operation without memory, at each of its allocations in turn: either the initiating call
// throws, or the handler is told, once, with the exact count; the handler is gone then, and the loop ends.
// Where one allocation fails on an io_context, nothing has happened if the call throws. Behind a strand that
// was refused memory the handler may be left until the context is destroyed.

#include <trivium/async.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>
#include <counts.hpp>
#include <joined.hpp>
#include <memory>
#include <new>
#include <optional>
#include <peer.hpp>
#include <printing.hpp>
#include <stop_token>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using how_many = failing_allocation::how_many;

namespace {

struct variant {
  char const* name;
  limits within{};
  bool slot = false;
  bool strand = false;
  bool owns_memory = false;
  how_many fail = how_many::one;

  /// Whether it is known what has happened where it throws.
  bool exact() const noexcept { return !strand && fail == how_many::one; }
};

struct outcome {
  bool failed = false;  // there was an allocation of that number
  bool threw = false;
  std::optional<transfer_result> told;
};

// What a handler owns, to see that nobody has kept the handler.
struct owned {
  ~owned() { BOOST_TEST(given_back()); }
  bool given_back() const { return by.use_count() == 1; }
  std::shared_ptr<int> by = std::make_shared<int>(0);
};

// The memory of an operation whose handler owns what it is allocated from.
struct arena {
  ~arena() { BOOST_TEST(live == 0); }
  int live = 0;
};
template <class T>
struct from_arena {
  using value_type = T;
  explicit from_arena(arena& of) noexcept : in{&of} {}
  template <class U>
  from_arena(from_arena<U> const& from) noexcept : in{from.in} {}
  T* allocate(std::size_t n) {
    auto* const made = std::allocator<T>{}.allocate(n);
    ++in->live;
    return made;
  }
  void deallocate(T* memory, std::size_t n) noexcept {
    --in->live;
    std::allocator<T>{}.deallocate(memory, n);
  }
  bool operator==(from_arena const&) const = default;
  arena* in;
};
template <class Handler>
struct owning_its_memory {
  using allocator_type = from_arena<std::byte>;
  allocator_type get_allocator() const noexcept { return allocator_type{*memory}; }
  void operator()(transfer_result result) { handler(result); }
  std::unique_ptr<arena> memory;
  Handler handler;
};

struct tried_on {
  explicit tried_on(variant const& with)
      : ends{tcp_pair(16 * 1024)},
        near{std::move(ends.first), with.strand ? asio::any_io_executor{asio::make_strand(io)}
                                                : asio::any_io_executor{io.get_executor()}},
        far{ends.second} {}

  owned by_handler;  // outlives the context
  asio::io_context io;
  std::pair<trivium::socket, trivium::socket> ends;
  stream near;
  trivium::socket& far;
};

// `begin(handler)` begins the operation, with the allocation after `after` others failing.
template <class Begin>
outcome without_memory(tried_on& between, variant const& with, unsigned after, Begin begin) {
  outcome what;
  int told = 0;
  asio::cancellation_signal cancel;
  auto handler = [&what, &told, by = between.by_handler.by](transfer_result result) {
    ++told;
    what.told = result;
  };
  auto const begin_with = [&](auto tells) {
    begin(asio::bind_cancellation_slot(with.slot ? cancel.slot() : asio::cancellation_slot{},
                                       std::move(tells)));
  };
  {
    std::unique_ptr<arena> memory;
    if (with.owns_memory) memory = std::make_unique<arena>();
    failing_allocation const fails{after, with.fail};
    try {
      if (with.owns_memory)
        begin_with(owning_its_memory<decltype(handler)>{std::move(memory), std::move(handler)});
      else
        begin_with(std::move(handler));
      between.io.restart();  // a post that fails may have been all that it had to do
      between.io.run();
    } catch (std::bad_alloc const&) {
      what.threw = true;
    }
    what.failed = fails.happened();
  }
  BOOST_TEST(told <= 1);
  BOOST_TEST(what.threw != what.told.has_value());
  if (!with.strand) {
    between.io.restart();
    between.io.run();
    BOOST_TEST(between.by_handler.given_back());
    cancel.emit(asio::cancellation_type::terminal);  // nobody hears that
  }
  if (what.told && what.told->error) BOOST_TEST(what.told->error.value() == ENOMEM);
  between.near.close();
  return what;
}

template <class Operation>
void at_each_allocation(Operation operation) {
  std::stop_source stop;
  auto const token = stop.get_token();
  limits const armed{.timeout = 60s, .stall_timeout = 60s, .stop = token};
  for (int const bits : {0, 1, 2, 3}) {
    bool const strand = (bits & 1) != 0, owns_memory = (bits & 2) != 0;
    for (auto const fail : {how_many::one, how_many::all}) {
      for (variant const& with : {variant{"alone", {}, false, strand, owns_memory, fail},
                                  variant{"slot", {}, true, strand, owns_memory, fail},
                                  variant{"limits", armed, false, strand, owns_memory, fail},
                                  variant{"limits and slot", armed, true, strand, owns_memory, fail}}) {
        // What a thread sets up once comes first: glibc ends the process that has no memory for that.
        operation(with, 1'000'000);
        unsigned after = 0;
        bool tried = true;
        for (; tried; ++after) {
          BOOST_TEST_CONTEXT(with.name << (strand ? " in a strand" : "")
                                       << (owns_memory ? ", the handler owns the memory" : "")
                                       << ", allocation " << after
                                       << (fail == how_many::all ? " and all from there on" : "")) {
            tried = operation(with, after);
          }
        }
        BOOST_TEST(after >= 2u);  // there was one to fail
        BOOST_TEST_MESSAGE(with.name << (strand ? " in a strand: " : ": ") << after - 1 << " allocations");
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_send_without_memory_is_refused_or_counted) {
  auto const data = pattern(1 << 20);
  at_each_allocation([&](variant const& with, unsigned after) {
    tried_on between{with};
    std::optional<reading_peer> peer;
    peer.emplace(between.far);
    auto const came = without_memory(between, with, after, [&](auto handler) {
      with.within.none() ? async::send_all(between.near, data, std::move(handler))
                         : async::send_all(between.near, data, with.within, std::move(handler));
    });
    auto const& seen = peer->seen();
    if (came.told) BOOST_TEST(seen.size() == came.told->bytes);
    if (came.threw && with.exact()) BOOST_TEST(seen.size() == 0u);
    if (!came.failed) BOOST_TEST(seen.size() == data.size());
    return came.failed;
  });
}

BOOST_AUTO_TEST_CASE(a_receive_without_memory_is_refused_or_counted) {
  auto const data = pattern(1 << 20);
  at_each_allocation([&](variant const& with, unsigned after) {
    tried_on between{with};
    std::vector<std::byte> into(data.size());
    writing_peer const peer{between.far, data};
    auto const came = without_memory(between, with, after, [&](auto handler) {
      with.within.none() ? async::receive_all(between.near, into, std::move(handler))
                         : async::receive_all(between.near, into, with.within, std::move(handler));
    });
    if (!came.failed) BOOST_TEST(same(into, data));
    return came.failed;
  });
}

BOOST_AUTO_TEST_CASE(a_stop_without_memory_is_seen_at_the_next_event) {
  joined ends;
  std::stop_source stop;
  auto const token = stop.get_token();
  std::optional<transfer_result> told;
  std::string into(5, '?');
  async::receive_all(ends.near, into, {.stop = token}, [&](transfer_result result) { told = result; });
  ends.io.poll();
  {
    failing_allocation const fails{0, how_many::all};
    stop.request_stop();
    BOOST_REQUIRE(fails.happened());
  }
  ends.io.poll();
  BOOST_TEST(!told);
  ends.far_sends("h");
  ends.io.run();
  BOOST_TEST(told.value().error == errc::stopped);
  BOOST_TEST(told->bytes == 0u);
}
