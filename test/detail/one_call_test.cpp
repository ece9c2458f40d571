// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/one_call.hpp>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <string>
#include <string_view>
#include <transports.hpp>
#include <trivium/blocking.hpp>
#include <trivium/detail/operation_access.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

namespace {

bool one_call_sends(auto& through, auto const& what, limits const& within) {
  return static_cast<bool>(detail::one_call<direction::send>{through, what, amount::all, within});
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_piece_without_limits_is_for_one_call) {
  auto [near, far] = local_pair();
  std::string const text = "hello";
  detail::one_call<direction::send> const call{near, text, amount::all, {}};
  BOOST_REQUIRE(static_cast<bool>(call));
  auto const n = call.make(may_block::no);
  BOOST_TEST(n == 5);
  BOOST_TEST(call.completed_by(n));
  BOOST_TEST(call.result(n).bytes == 5u);
  BOOST_TEST(call.result(n).calls == 1u);
  std::string into(5, '?');
  BOOST_TEST(::recv(far.native_handle(), into.data(), into.size(), 0) == 5);
  BOOST_TEST(into == text);
}

BOOST_AUTO_TEST_CASE(what_a_limit_may_end_is_not) {
  auto [near, far] = local_pair();
  std::string const text = "hello";
  BOOST_TEST(!one_call_sends(near, text, {.timeout = 5s}));
  boost::asio::io_context loop;
  stream with_mode{std::move(near), loop.get_executor()};
  BOOST_TEST(one_call_sends(with_mode, text, {}));
  with_mode.set_timeout(5s);
  BOOST_TEST(!one_call_sends(with_mode, text, {}));
}

BOOST_AUTO_TEST_CASE(several_pieces_are_not) {
  auto [near, far] = local_pair();
  std::string const text = "hello";
  std::array const twice{std::string_view{text}, std::string_view{text}};
  BOOST_TEST(!one_call_sends(near, twice, {}));
}

BOOST_AUTO_TEST_CASE(more_than_a_step_is_not) {
  auto [near, far] = local_pair();
  std::string const step(step_max, '.'), more(step_max + 1, '.');
  BOOST_TEST(one_call_sends(near, step, {}));
  BOOST_TEST(!one_call_sends(near, more, {}));
}

BOOST_AUTO_TEST_CASE(a_channel_of_its_own_is_not) {
  struct : channel {
    attempt send(std::span<iovec const>, may_block) noexcept override { return {}; }
    attempt receive(std::span<iovec>, may_block) noexcept override { return {}; }
    std::size_t queued() noexcept override { return 0; }
    int native_handle() const noexcept { return -1; }
  } of_its_own;
  BOOST_TEST(!one_call_sends(of_its_own, std::string_view{"hello"}, {}));
}

// What the call leaves is a transfer that has made its first attempt, and waits before the second.
BOOST_AUTO_TEST_CASE(what_it_leaves_begins_at_its_count_and_with_a_wait) {
  auto [near, far] = local_pair(16 * 1024);
  auto const data = pattern(1 << 20);
  detail::one_call<direction::send> const call{near, data, amount::all, {}};
  auto const n = call.make(may_block::no);
  BOOST_REQUIRE(n > 0);
  BOOST_TEST(!call.completed_by(n));
  auto rest = call.remainder(n, may_block::no);
  BOOST_TEST(detail::operation_access::how_far(rest) == progress::pending);
  BOOST_TEST(rest.interest().until == readiness::writable);
  BOOST_TEST(rest.result().bytes == static_cast<std::size_t>(n));
  BOOST_TEST(rest.result().calls == 1u);
  reading_peer peer{far};
  BOOST_TEST(no_error(blocking::complete(rest)));
  near.close();
  BOOST_TEST(same(peer.seen(), data));
}

BOOST_AUTO_TEST_CASE(an_end_of_file_ends_what_it_leaves) {
  auto [near, far] = local_pair();
  far.close();
  std::string into(5, '?');
  detail::one_call<direction::receive> const call{near, into, amount::all, {}};
  auto const n = call.make(may_block::no);
  BOOST_TEST(n == 0);
  auto const rest = call.remainder(n, may_block::no);
  BOOST_TEST(rest.ended());
  BOOST_TEST(rest.result().error == errc::end_of_file);
}
