// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/trampoline.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <joined.hpp>
#include <memory>
#include <optional>
#include <printing.hpp>
#include <stdexcept>
#include <string>
#include <trivium/async.hpp>
#include <vector>

using namespace trivium;
using namespace trivium::test;
using async::trampoline;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// An operation that has ended, as far as a trampoline knows it.
struct probe {
  int told = 0, posted = 0;

  trampoline::entry ended() {
    return {this, [](void* self, trampoline::invocation how) {
              auto& of = *static_cast<probe*>(self);
              ++(how == trampoline::invocation::in_place ? of.told : of.posted);
            }};
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(without_one_nothing_is_taken) {
  asio::io_context io;
  BOOST_TEST(!trampoline::any());
  trampoline::handler_call const call{nullptr, 0};
  probe some;
  BOOST_TEST(!trampoline::take(&io, 1, some.ended()));
}

BOOST_AUTO_TEST_CASE(what_a_handler_has_started_is_told_after_it) {
  asio::io_context io;
  trampoline const here{io};
  auto const* const on = &io;
  probe first, second;
  trampoline::handler_call call{on, 0};
  BOOST_TEST(trampoline::take(on, 1, first.ended()));
  BOOST_TEST(trampoline::take(on, 1, second.ended()));
  BOOST_TEST(first.told == 0);
  call.invoke_queued();
  BOOST_TEST(first.told == 1);
  BOOST_TEST(second.told == 1);
  BOOST_TEST(first.posted + second.posted == 0);
}

// A handler that no operation called, such as one that was posted, has nobody to tell the rest after it.
BOOST_AUTO_TEST_CASE(outside_a_handler_of_an_operation_nothing_is_taken) {
  asio::io_context io;
  trampoline const here{io};
  auto const* const on = &io;
  probe some;
  BOOST_TEST(!trampoline::take(on, 1, some.ended()));
  { trampoline::handler_call const call{on, 0}; }
  BOOST_TEST(!trampoline::take(on, 1, some.ended()));
}

BOOST_AUTO_TEST_CASE(what_is_for_another_loop_is_not_taken) {
  asio::io_context io, other;
  trampoline const here{io};
  auto const *const on = &io, *const elsewhere = &other;
  probe some;
  {
    trampoline::handler_call const call{on, 0};
    BOOST_TEST(!trampoline::take(elsewhere, 1, some.ended()));
  }
  // Nor by a handler of another loop's, which may be run within one of ours.
  trampoline::handler_call const call{elsewhere, 0};
  BOOST_TEST(!trampoline::take(on, 1, some.ended()));
  BOOST_TEST(!trampoline::take(elsewhere, 1, some.ended()));
}

BOOST_AUTO_TEST_CASE(the_loop_has_its_turn_after_so_many_in_a_row) {
  asio::io_context io;
  trampoline const here{io};
  auto const* const on = &io;
  probe some;
  for (int turn = 0; turn != 2; ++turn) {
    trampoline::handler_call call{on, 0};
    for (std::size_t i = 0; i != trampoline::in_a_row; ++i) {
      BOOST_TEST(trampoline::take(on, 1, some.ended()));
      call.invoke_queued();
    }
    BOOST_TEST(!trampoline::take(on, 1, some.ended()));
  }
  BOOST_TEST(some.told == static_cast<int>(2 * trampoline::in_a_row));
}

BOOST_AUTO_TEST_CASE(the_loop_has_its_turn_after_a_budget_of_bytes) {
  asio::io_context io;
  trampoline const here{io};
  auto const* const on = &io;
  probe some;
  trampoline::handler_call call{on, async::budget / 2};
  BOOST_TEST(trampoline::take(on, async::budget / 2, some.ended()));
  call.invoke_queued();
  BOOST_TEST(!trampoline::take(on, 1, some.ended()));
}

BOOST_AUTO_TEST_CASE(what_is_left_is_posted_where_the_handler_throws_or_stops_the_loop) {
  asio::io_context io;
  trampoline const here{io};
  auto const* const on = &io;
  probe some;
  {
    trampoline::handler_call const call{on, 0};
    BOOST_TEST(trampoline::take(on, 1, some.ended()));
  }
  BOOST_TEST(some.posted == 1);
  {
    trampoline::handler_call call{on, 0};
    BOOST_TEST(trampoline::take(on, 1, some.ended()));
    io.stop();
    call.invoke_queued();
  }
  BOOST_TEST(some.posted == 2);
  BOOST_TEST(some.told == 0);
}

BOOST_AUTO_TEST_CASE(one_within_another_gives_the_thread_back) {
  asio::io_context io, inner;
  trampoline const here{io};
  auto const *const on = &io, *const inside = &inner;
  probe some, other;
  trampoline::handler_call call{on, 0};
  {
    trampoline const nested{inner};
    BOOST_TEST(!trampoline::take(on, 1, some.ended()));
    trampoline::handler_call nested_call{inside, 0};
    BOOST_TEST(trampoline::take(inside, 1, other.ended()));
    nested_call.invoke_queued();
  }
  BOOST_TEST(trampoline::take(on, 1, some.ended()));
  call.invoke_queued();
  BOOST_TEST(other.told == 1);
  BOOST_TEST(some.told == 1);
}

// --- With operations.

namespace {

// Sends `hello` over and over: each send is started by the handler of the one before.
struct sends {
  joined& ends;
  int left;
  bool inside = false, reentered = false;
  int told = 0;
  std::function<void()> meanwhile = [] {};

  void next() {
    async::send_all(ends.near, hello, [this](transfer_result sent) {
      BOOST_TEST(no_error(sent));
      reentered = reentered || inside;
      inside = true;
      ++told;
      if (--left != 0) next();
      meanwhile();
      inside = false;
    });
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(no_handler_is_called_inside_another_one_or_inside_the_initiating_call) {
  joined ends;
  trampoline const here{ends.io};
  sends all{ends, 100};
  all.next();
  BOOST_TEST(all.told == 0);
  ends.io.run();
  BOOST_TEST(all.told == 100);
  BOOST_TEST(!all.reentered);
}

BOOST_AUTO_TEST_CASE(a_chain_of_operations_takes_few_turns_of_the_loop) {
  constexpr auto links = 10 * static_cast<int>(trampoline::in_a_row);
  auto const turns = [](bool with) {
    joined ends;
    sends all{ends, links};
    all.next();
    std::optional<trampoline> here;
    if (with) here.emplace(ends.io);
    return ends.io.run();
  };
  BOOST_TEST(turns(false) == std::size_t{links});
  // The first of each turn is one that the loop calls.
  BOOST_TEST(turns(true) == std::size_t{links} / (trampoline::in_a_row + 1) + 1);
}

BOOST_AUTO_TEST_CASE(what_others_have_posted_runs_between) {
  joined ends;
  trampoline const here{ends.io};
  sends all{ends, 1000};
  int most_between = 0, at_last_turn = 0;
  std::function<void()> others = [&] {
    most_between = std::max(most_between, all.told - std::exchange(at_last_turn, all.told));
    if (all.left != 0) asio::post(ends.io, others);
  };
  asio::post(ends.io, others);
  all.next();
  ends.io.run();
  BOOST_TEST(most_between <= static_cast<int>(trampoline::in_a_row) + 1);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_loses_nothing_that_it_has_started) {
  joined ends;
  trampoline const here{ends.io};
  sends all{ends, 2};
  all.meanwhile = [&] {
    if (all.left == 1) throw std::runtime_error{"once"};
  };
  all.next();
  BOOST_CHECK_THROW(ends.io.run(), std::runtime_error);
  BOOST_TEST(all.told == 1);
  all.inside = false;
  ends.io.run();
  BOOST_TEST(all.told == 2);
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_stopped_tells_nothing_more) {
  joined ends;
  trampoline const here{ends.io};
  sends all{ends, 2};
  all.meanwhile = [&] { ends.io.stop(); };
  all.next();
  ends.io.run();
  BOOST_TEST(all.told == 1);
  ends.io.restart();
  ends.io.run();
  BOOST_TEST(all.told == 2);
}

// What it is within stays where it was; what is within that is told by the loop, as without a trampoline.
BOOST_AUTO_TEST_CASE(a_loop_that_a_handler_runs_goes_on) {
  asio::io_context io;
  auto first = tcp_pair(), second = tcp_pair();
  stream one{std::move(first.first), io.get_executor()}, other{std::move(second.first), io.get_executor()};
  trampoline const here{io};
  std::string into(1, '?');
  bool echoed = false, ended = false;
  async::receive_all(other, into, [&](transfer_result) {
    async::send_all(other, into, [&](transfer_result) { echoed = true; });
  });
  async::send_all(one, hello, [&](transfer_result) {
    async::send_all(one, hello, [&](transfer_result) { ended = true; });
    into_far{second.second}("y");
    while (!echoed && io.run_one() != 0) BOOST_TEST(!ended);
  });
  io.run();
  BOOST_TEST(echoed);
  BOOST_TEST(ended);
}

// A strand's handlers are the strand's to call.
BOOST_AUTO_TEST_CASE(a_handler_with_a_strand_is_called_by_its_strand) {
  joined ends;
  trampoline const here{ends.io};
  auto const strand = asio::make_strand(ends.io);
  int on_strand = 0;
  std::function<void()> next = [&] {
    async::send_all(ends.near, hello, asio::bind_executor(strand, [&](transfer_result) {
                      if (strand.running_in_this_thread() && ++on_strand != 50) next();
                    }));
  };
  next();
  ends.io.run();
  BOOST_TEST(on_strand == 50);
}

BOOST_AUTO_TEST_CASE(a_handler_releases_what_it_owns_before_the_next_is_told) {
  joined ends;
  trampoline const here{ends.io};
  auto owned = std::make_shared<int>(0);
  std::weak_ptr<int> const watched = owned;
  bool gone = false;
  async::send_all(ends.near, hello, [&, mine = std::move(owned)](transfer_result) {
    async::send_all(ends.near, hello, [&](transfer_result) { gone = watched.expired(); });
  });
  ends.io.run();
  BOOST_TEST(gone);
}

// Told in place, with another that waits for its turn behind it.
BOOST_AUTO_TEST_CASE(a_handler_told_in_place_that_throws_loses_nothing_behind_it) {
  joined ends;
  trampoline const here{ends.io};
  int told = 0;
  auto const send = [&](auto then) { async::send_all(ends.near, hello, then); };
  send([&](transfer_result) {
    send([&](transfer_result) {
      ++told;
      throw std::runtime_error{"once"};
    });
    send([&](transfer_result) { ++told; });
  });
  BOOST_CHECK_THROW(ends.io.run(), std::runtime_error);
  BOOST_TEST(told == 1);
  ends.io.run();
  BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_CASE(operations_with_limits_and_slots_are_told_in_place_too) {
  joined ends;
  std::stop_source stop;
  auto const token = stop.get_token();
  asio::cancellation_signal cancel;
  limits const armed{.timeout = 60s, .stall_timeout = 60s, .stop = token};
  constexpr int links = 2 * static_cast<int>(trampoline::in_a_row);
  int left = links, told = 0;
  std::function<void()> next = [&] {
    async::send_all(ends.near, hello, armed,
                    asio::bind_cancellation_slot(cancel.slot(), [&](transfer_result sent) {
                      BOOST_TEST(no_error(sent));
                      ++told;
                      if (--left != 0) next();
                    }));
  };
  next();
  trampoline const here{ends.io};
  BOOST_TEST(ends.io.run() < 5u);
  BOOST_TEST(told == links);
  stop.request_stop();  // nobody is left to hear it
  cancel.emit(asio::cancellation_type::terminal);
}

BOOST_AUTO_TEST_CASE(a_coroutine_goes_on_without_a_turn_of_the_loop) {
  joined ends;
  constexpr int links = 2 * static_cast<int>(trampoline::in_a_row);
  int told = 0;
  asio::co_spawn(
      ends.io,
      [&]() -> asio::awaitable<void> {
        for (int i = 0; i != links; ++i)
          told += !(co_await async::send_all(ends.near, hello, asio::use_awaitable)).error;
      },
      asio::detached);
  trampoline const here{ends.io};
  BOOST_TEST(ends.io.run() < 10u);
  BOOST_TEST(told == links);
}
