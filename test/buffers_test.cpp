// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/buffers.hpp>

#include <limits.h>

#include <boost/asio/buffer.hpp>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>

using namespace trivium;
namespace asio = boost::asio;

namespace {

struct padded {
  int number;
  char letter;
};
struct not_trivial {
  std::string text;
};

// What `whole` has left, one `next` after the other, as text.
std::string text_of(pieces whole, std::size_t most = std::string::npos) {
  std::string result;
  while (whole.left() != 0) {
    auto const before = result.size();
    for (auto const& piece : whole.next(most))
      result.append(static_cast<char const*>(piece.iov_base), piece.iov_len);
    whole.consume(result.size() - before);
  }
  return result;
}

}  // namespace

// What can be sent.
static_assert(readable_memory<std::string const&>);
static_assert(!readable_memory<std::array<char const*, 2>&>);  // would send addresses
static_assert(!readable_memory<std::span<iovec>>);
static_assert(!writable_memory<std::vector<iovec>&>);
static_assert(readable_memory<std::string_view>);
static_assert(readable_memory<std::vector<int>&>);
static_assert(readable_memory<std::array<padded, 3> const&>);
static_assert(readable_memory<std::span<std::byte const>>);
static_assert(readable_memory<int (&)[4]>);
static_assert(readable_memory<asio::const_buffer>);
static_assert(readable_memory<asio::mutable_buffer>);
static_assert(readable_memory<std::vector<asio::const_buffer> const&>);
static_assert(readable_memory<std::array<asio::mutable_buffer, 2>&>);
static_assert(readable_memory<std::list<std::string>&>);
static_assert(readable_memory<std::vector<std::span<std::byte const>>&>);

// A literal's terminating zero would be sent with it.
static_assert(!readable_memory<char const (&)[6]>);
static_assert(!readable_memory<char (&)[6]>);
static_assert(!readable_memory<std::vector<not_trivial>&>);
static_assert(!readable_memory<std::deque<char>&>, "not in one piece");
static_assert(!readable_memory<int>);

// What can be received into: not what is const.
static_assert(writable_memory<std::string&>);
static_assert(writable_memory<std::vector<std::byte>&>);
static_assert(writable_memory<std::span<std::byte>>);
static_assert(writable_memory<asio::mutable_buffer>);
static_assert(writable_memory<std::array<asio::mutable_buffer, 2> const&>);
static_assert(writable_memory<std::list<std::string>&>);
static_assert(writable_memory<char (&)[6]>);
static_assert(!writable_memory<std::string const&>);
static_assert(!writable_memory<std::string_view>);
static_assert(!writable_memory<std::span<std::byte const>>);
static_assert(!writable_memory<asio::const_buffer>);
static_assert(!writable_memory<std::vector<asio::const_buffer>&>);

// What may be a temporary: what only refers to the memory.
static_assert(lasting_memory<asio::const_buffer>);
static_assert(lasting_memory<std::span<std::byte>>);
static_assert(lasting_memory<std::string_view>);
static_assert(lasting_memory<std::string&>);
static_assert(lasting_memory<std::array<asio::const_buffer, 2>>);
static_assert(!lasting_memory<std::string>);
static_assert(!lasting_memory<std::vector<std::byte>>);

// The strings would be gone with the list.
BOOST_AUTO_TEST_CASE(a_temporary_sequence_of_containers_does_not_last) {
  BOOST_TEST(!lasting_memory<std::list<std::string>>);
  BOOST_TEST(!lasting_memory<std::vector<std::vector<std::byte>>>);
}

BOOST_AUTO_TEST_CASE(one_buffer_of_any_kind_is_its_bytes) {
  std::string const text = "hello";
  std::vector<char> const letters(text.begin(), text.end());
  BOOST_TEST(text_of(pieces{text}) == text);
  BOOST_TEST(text_of(pieces{letters}) == text);
  BOOST_TEST(text_of(pieces{std::span{letters}}) == text);
  BOOST_TEST(text_of(pieces{std::string_view{text}}) == text);
  BOOST_TEST(text_of(pieces{asio::buffer(text)}) == text);
}

BOOST_AUTO_TEST_CASE(elements_count_in_bytes) {
  std::array<padded, 3> const elements{};
  BOOST_TEST(pieces{elements}.left() == 3 * sizeof(padded));
  BOOST_TEST(pieces{std::vector<int>(5)}.left() == 5 * sizeof(int));
}

BOOST_AUTO_TEST_CASE(a_sequence_is_its_buffers_in_order) {
  std::list<std::string> const strings{"to be, ", "or not ", "to be"};
  BOOST_TEST(text_of(pieces{strings}) == "to be, or not to be");
  std::vector<asio::const_buffer> buffers;
  for (auto const& each : strings) buffers.push_back(asio::buffer(each));
  BOOST_TEST(text_of(pieces{buffers}) == "to be, or not to be");
}

BOOST_AUTO_TEST_CASE(empty_buffers_are_passed_over) {
  std::vector<std::string> const strings{"", "a", "", "", "b", ""};
  pieces whole{strings};
  BOOST_TEST(whole.left() == 2u);
  BOOST_TEST(whole.next(100).size() == 2u);
  BOOST_TEST(pieces{std::string{}}.left() == 0u);
  BOOST_TEST(pieces{}.left() == 0u);
}

BOOST_AUTO_TEST_CASE(a_sequence_is_copied_and_its_bytes_are_not) {
  std::string text = "before";
  auto buffers = std::make_unique<std::vector<asio::const_buffer>>(6, asio::buffer(text));
  pieces whole{*buffers};
  buffers.reset();
  text = "after!";
  BOOST_TEST(text_of(std::move(whole)).substr(0, 12) == "after!after!");
}

BOOST_AUTO_TEST_CASE(next_offers_at_most_what_is_asked_in_whatever_parts) {
  std::vector<std::string> const strings{"abc", "d", "efghij", "kl", "mnopqrs", "t"};
  for (std::size_t most = 1; most != 22; ++most)
    BOOST_TEST(text_of(pieces{strings}, most) == "abcdefghijklmnopqrst");
  pieces whole{strings};
  std::size_t offered = 0;
  for (auto const& piece : whole.next(5)) offered += piece.iov_len;
  BOOST_TEST(offered == 5u);
}

BOOST_AUTO_TEST_CASE(only_one_buffer_is_one_piece) {
  std::string const text = "hello";
  std::vector<int> const numbers{1, 2, 3};
  std::array const one{asio::buffer(text)};
  std::vector<asio::const_buffer> const none, two{asio::buffer(text), asio::buffer(numbers)};
  BOOST_TEST(only_piece(text).iov_base == text.data());
  BOOST_TEST(only_piece(text).iov_len == 5u);
  BOOST_TEST(only_piece(numbers).iov_len == 3 * sizeof(int));
  BOOST_TEST(only_piece(one).iov_base == text.data());
  BOOST_TEST(only_piece(one).iov_len == 5u);
  BOOST_TEST(only_piece(none).iov_len == 0u);
  BOOST_TEST(only_piece(two).iov_len == 0u);
  struct {
    std::array<asio::const_buffer, 1> held;
    auto begin() { return held.begin(); }
    auto end() { return held.end(); }
  } not_if_const{{asio::buffer(text)}};
  BOOST_TEST(only_piece(not_if_const).iov_base == text.data());
}

// Whatever part of whatever was offered is consumed, the rest follows: against a model that is one string.
BOOST_AUTO_TEST_CASE(what_is_not_consumed_is_offered_again) {
  std::vector<std::string> strings;
  std::string model;
  for (int i = 0; i != 40; ++i) {
    strings.emplace_back(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    model += strings.back();
  }
  unsigned random = 1;
  for (int round = 0; round != 200; ++round) {
    pieces whole{strings};
    std::string seen;
    while (whole.left() != 0) {
      random = random * 1103515245 + 12345;
      std::string offered;
      for (auto const& piece : whole.next(1 + (random >> 16) % 20))
        offered.append(static_cast<char const*>(piece.iov_base), piece.iov_len);
      auto const taken = (random >> 8) % (offered.size() + 1);
      seen += offered.substr(0, taken);
      whole.consume(taken);
      BOOST_TEST(whole.left() == model.size() - seen.size());
    }
    BOOST_TEST(seen == model);
  }
}

BOOST_AUTO_TEST_CASE(thousands_of_pieces_are_split_at_what_one_call_takes) {
  std::string const text = "xyz";
  std::vector<asio::const_buffer> const buffers(3 * IOV_MAX + 1, asio::buffer(text));
  pieces whole{buffers};
  BOOST_TEST(whole.left() == buffers.size() * 3);
  unsigned calls = 0;
  while (whole.left() != 0) {
    auto const run = whole.next(std::string::npos);
    BOOST_TEST(run.size() <= static_cast<std::size_t>(IOV_MAX));
    whole.consume(run.size() * 3);
    ++calls;
  }
  BOOST_TEST(calls == 4u);
}
