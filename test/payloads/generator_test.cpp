// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/payloads/generator.hpp>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <peer.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <stdexcept>
#include <string>
#include <system_error>
#include <trivium/operations/transfer.hpp>
#include <trivium/payloads/borrowed.hpp>

using namespace trivium;
using namespace trivium::test;

namespace {

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

// The bytes of the pattern, so many at a time; it throws `what` when `throws_at` have been supplied.
struct maker {
  std::size_t total, at_once, made = 0;
  std::size_t throws_at = ~std::size_t{0};
  std::function<void()> what{};

  std::size_t operator()(std::span<std::byte> room) {
    if (made >= throws_at) what();
    auto const next = pattern(std::min({room.size(), at_once, total - made}), made);
    std::copy(next.begin(), next.end(), room.begin());
    made += next.size();
    return next.size();
  }
};

static_assert(source<generator<std::size_t (*)(std::span<std::byte>)>>);
static_assert(source<generator<std::span<std::byte const> (*)()>>);
static_assert(!fills_memory<void (*)()> && !hands_over_memory<int (*)()>);

}  // namespace

BOOST_AUTO_TEST_CASE(a_function_that_fills_memory_is_called_when_all_before_is_taken) {
  scripted_channel sevens{
      [](std::size_t, std::size_t asked) { return moves(std::min<std::size_t>(asked, 7)); }};
  maker makes{.total = 20, .at_once = 10};
  transfer upload{sevens, generator{[&](std::span<std::byte> room) { return makes(room); }}};
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(no_error(upload.result()));
  BOOST_TEST(upload.result().bytes == 20u);
  BOOST_TEST(sevens.asked == (std::vector<std::size_t>{10, 3, 10, 3}));
}

BOOST_AUTO_TEST_CASE(what_a_function_hands_over_is_sent_from_where_it_is) {
  std::string const first = "first", second = "second";
  int call = 0;
  std::vector<void const*> sent;
  struct noting final : channel {
    attempt send(std::span<iovec const> pieces, may_block) noexcept override {
      from.push_back(pieces.front().iov_base);
      return {.what = attempt::outcome::moved, .bytes = pieces.front().iov_len};
    }
    attempt receive(std::span<iovec>, may_block) noexcept override { return {}; }
    std::size_t queued() noexcept override { return 0; }
    std::vector<void const*> from;
  } at;
  transfer upload{at, generator{[&]() -> std::span<std::byte const> {
                    if (++call > 2) return {};
                    return std::as_bytes(std::span{call == 1 ? first : second});
                  }}};
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(upload.result().bytes == first.size() + second.size());
  BOOST_TEST((at.from == std::vector<void const*>{first.data(), second.data()}));
}

BOOST_AUTO_TEST_CASE(a_function_that_supplies_nothing_ends_it_without_an_attempt) {
  auto never = never_ready();
  transfer upload{never, generator{[](std::span<std::byte>) { return std::size_t{0}; }}};
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(no_error(upload.result()));
  BOOST_TEST(never.asked.empty());
}

BOOST_AUTO_TEST_CASE(an_exception_ends_it_after_all_that_was_supplied_before) {
  struct kind {
    std::function<void()> what;
    error_code error;
  };
  for (auto const& each :
       {kind{[] { throw boost::system::system_error{kernels(ENETDOWN)}; }, kernels(ENETDOWN)},
        kind{[] {
               throw std::system_error{EDOM, std::generic_category()};
             },
             error_code{std::error_code{EDOM, std::generic_category()}}},
        kind{[] { throw std::bad_alloc{}; }, kernels(ENOMEM)},
        kind{[] { throw std::runtime_error{"no more"}; }, error_code{errc::function_threw}},
        kind{[] { throw 5; }, error_code{errc::function_threw}},
        kind{[] { throw std::system_error{std::error_code{}}; }, error_code{errc::function_threw}}}) {
    scripted_channel threes{
        [](std::size_t, std::size_t asked) { return moves(std::min<std::size_t>(asked, 3)); }};
    maker makes{.total = 100, .at_once = 10, .throws_at = 20, .what = each.what};
    generator from{[&](std::span<std::byte> room) { return makes(room); }};
    transfer upload{threes, borrow(from)};
    BOOST_TEST(upload.advance() == progress::done);
    BOOST_TEST(upload.result().error == each.error);
    BOOST_TEST(upload.result().bytes == 20u);
    BOOST_TEST((from.exception() != nullptr));
  }
}

BOOST_AUTO_TEST_CASE(what_the_program_threw_can_be_had_again) {
  auto ready = ever_ready();
  generator from{[]() -> std::span<std::byte const> { throw std::runtime_error{"no more"}; }};
  transfer upload{ready, borrow(from)};
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(upload.result().connection_usable());
  BOOST_CHECK_EXCEPTION(std::rethrow_exception(from.exception()), std::runtime_error,
                        [](auto const& thrown) { return thrown.what() == std::string{"no more"}; });
}

BOOST_AUTO_TEST_CASE(a_function_that_threw_is_not_called_again) {
  auto ready = ever_ready();
  int calls = 0;
  generator from{[&]() -> std::span<std::byte const> {
    ++calls;
    throw std::runtime_error{"no more"};
  }};
  for (int tries = 0; tries != 2; ++tries) {
    transfer upload{ready, borrow(from)};
    BOOST_TEST(upload.advance() == progress::done);
    BOOST_TEST(upload.result().error == errc::function_threw);
  }
  BOOST_TEST(calls == 1);
}

// Such as the return value of snprintf. What is behind the room is not the program's to send.
BOOST_AUTO_TEST_CASE(a_function_that_claims_more_than_its_room_is_refused) {
  auto ready = ever_ready();
  transfer upload{ready, generator{[](std::span<std::byte> room) { return room.size() + 1; }}};
  BOOST_TEST(upload.advance() == progress::done);
  BOOST_TEST(upload.result().error == kernels(EINVAL));
  BOOST_TEST(ready.asked.empty());
}
