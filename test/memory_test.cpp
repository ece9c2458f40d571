// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// An asynchronous operation without memory, at each of its allocations in turn: either the initiating call
// throws, and then nothing has happened; or the handler is told, once, with the exact count.

#include <trivium/async.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>
#include <counts.hpp>
#include <joined.hpp>
#include <memory>
#include <new>
#include <optional>
#include <peer.hpp>
#include <stop_token>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct outcome {
  bool failed = false;  // there was an allocation of that number
  bool threw = false;
  std::optional<transfer_result> told;
};

// `begin(handler)` begins the operation, with the allocation after `after` others failing.
template <class Begin>
outcome without_memory(asio::io_context& io, unsigned after, Begin begin) {
  outcome what;
  auto const owned = std::make_shared<int>(0);
  {
    failing_allocation const fails{after};
    try {
      begin([&what, owned](transfer_result result) {
        BOOST_TEST(!what.told);
        what.told = result;
      });
      io.run();
    } catch (std::bad_alloc const&) {
      what.threw = true;
    }
    what.failed = fails.happened();
  }
  BOOST_TEST(owned.use_count() == 1);  // the handler is gone, told or not
  return what;
}

constexpr unsigned never = 1'000'000;

struct variant {
  char const* name;
  limits ends_it{};
  bool slot = false;
};

template <class Operation>
void at_each_allocation(Operation operation) {
  if (!counts_allocations) {
    BOOST_TEST_MESSAGE("a sanitizer has the heap: not tried");
    return;
  }
  std::stop_source stop;
  auto const token = stop.get_token();
  limits const armed{.timeout = 60s, .stall_timeout = 60s, .stop = token};
  for (variant const& with : {variant{"alone"}, variant{"slot", {}, true}, variant{"limits", armed},
                              variant{"limits and slot", armed, true}}) {
    // What a thread sets up once comes first: glibc ends the process that has no memory for that.
    operation(with, never);
    bool tried = false;
    for (unsigned after = 0;; ++after) {
      BOOST_TEST_CONTEXT(with.name << ", allocation " << after) {
        tried = operation(with, after);
        if (!tried) {
          BOOST_TEST(after >= 1u);  // there was one to fail
          BOOST_TEST_MESSAGE(with.name << ": " << after << " allocations");
          break;
        }
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_send_without_memory_is_refused_or_counted) {
  auto const data = pattern(1 << 20);
  at_each_allocation([&](variant const& with, unsigned after) {
    joined ends{16 * 1024};
    asio::cancellation_signal cancel;
    std::optional<reading_peer> peer;
    peer.emplace(ends.far);
    auto const came = without_memory(ends.io, after, [&](auto handler) {
      auto told =
          asio::bind_cancellation_slot(with.slot ? cancel.slot() : asio::cancellation_slot{}, handler);
      with.ends_it.none() ? async::send_all(ends.near, data, std::move(told))
                          : async::send_all(ends.near, data, with.ends_it, std::move(told));
    });
    cancel.emit(asio::cancellation_type::terminal);  // whom nobody hears
    ends.near.close();
    auto const& seen = peer->seen();
    BOOST_TEST(came.threw != came.told.has_value());
    BOOST_TEST(seen.size() == (came.told ? came.told->bytes : 0));
    if (came.told && came.told->error) BOOST_TEST(came.told->error.value() == ENOMEM);
    if (!came.failed) BOOST_TEST(seen.size() == data.size());
    return came.failed;
  });
}

BOOST_AUTO_TEST_CASE(a_receive_without_memory_is_refused_or_counted) {
  auto const data = pattern(1 << 20);
  at_each_allocation([&](variant const& with, unsigned after) {
    joined ends{16 * 1024};
    asio::cancellation_signal cancel;
    std::vector<std::byte> into(data.size());
    writing_peer peer{ends.far, data};
    auto const came = without_memory(ends.io, after, [&](auto handler) {
      auto told =
          asio::bind_cancellation_slot(with.slot ? cancel.slot() : asio::cancellation_slot{}, handler);
      with.ends_it.none() ? async::receive_all(ends.near, into, std::move(told))
                          : async::receive_all(ends.near, into, with.ends_it, std::move(told));
    });
    cancel.emit(asio::cancellation_type::terminal);
    BOOST_TEST(came.threw != came.told.has_value());
    if (came.told && came.told->error) BOOST_TEST(came.told->error.value() == ENOMEM);
    if (!came.failed) BOOST_TEST((into == data));
    ends.near.close();
    return came.failed;
  });
}
