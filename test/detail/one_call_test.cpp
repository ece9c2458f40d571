// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/one_call.hpp>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <peer.hpp>
#include <string>
#include <string_view>
#include <transports.hpp>
#include <trivium/stream.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(one_piece_without_limits_is_for_one_call) {
  auto [near, far] = local_pair();
  std::string const text = "hello";
  auto const piece = for_one_call(near, text, {});
  BOOST_TEST(piece.iov_base == text.data());
  BOOST_TEST(piece.iov_len == text.size());
}

BOOST_AUTO_TEST_CASE(what_a_limit_may_end_is_not) {
  auto [near, far] = local_pair();
  std::string const text = "hello";
  BOOST_TEST(for_one_call(near, text, {.timeout = 5s}).iov_len == 0u);
  boost::asio::io_context loop;
  stream with_mode{std::move(near), loop.get_executor()};
  BOOST_TEST(for_one_call(with_mode, text, {}).iov_len == text.size());
  with_mode.set_timeout(5s);
  BOOST_TEST(for_one_call(with_mode, text, {}).iov_len == 0u);
}

BOOST_AUTO_TEST_CASE(several_pieces_are_not) {
  auto [near, far] = local_pair();
  std::string const text = "hello";
  std::array const twice{std::string_view{text}, std::string_view{text}};
  BOOST_TEST(for_one_call(near, twice, {}).iov_len == 0u);
}

BOOST_AUTO_TEST_CASE(more_than_a_step_is_not) {
  auto [near, far] = local_pair();
  std::string const step(step_max, '.'), more(step_max + 1, '.');
  BOOST_TEST(for_one_call(near, step, {}).iov_len == step_max);
  BOOST_TEST(for_one_call(near, more, {}).iov_len == 0u);
}

BOOST_AUTO_TEST_CASE(a_channel_of_its_own_is_not) {
  struct : channel {
    attempt send(std::span<iovec const>, may_block) noexcept override { return {}; }
    attempt receive(std::span<iovec>, may_block) noexcept override { return {}; }
    std::size_t queued() noexcept override { return 0; }
    int native_handle() const noexcept { return -1; }
  } of_its_own;
  BOOST_TEST(for_one_call(of_its_own, std::string_view{"hello"}, {}).iov_len == 0u);
}
