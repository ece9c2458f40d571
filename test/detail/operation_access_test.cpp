// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/operation_access.hpp>

#include <boost/test/unit_test.hpp>
#include <printing.hpp>
#include <scripted_channel.hpp>
#include <scripted_time.hpp>
#include <stop_token>
#include <string>
#include <trivium/operations/transfer.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;
using hooks = detail::operation_access;

namespace {

std::string const memory(100, 'x');

}  // namespace

BOOST_AUTO_TEST_CASE(it_tells_how_far_an_operation_is_without_an_attempt) {
  auto channel = never_ready();
  transfer operation{channel, sending(memory)};
  BOOST_TEST(hooks::how_far(operation) == progress::yielded);
  BOOST_TEST(operation.advance() == progress::pending);
  BOOST_TEST(hooks::how_far(operation) == progress::pending);
  operation.request_stop();
  BOOST_TEST(operation.advance() == progress::done);
  BOOST_TEST(hooks::how_far(operation) == progress::done);
  BOOST_TEST(channel.asked.size() == 1u);
}

// An attempt may sleep in the kernel only where its way says so, and then as long as its verb lasts.
BOOST_AUTO_TEST_CASE(an_attempt_may_sleep_only_where_its_way_lets_it) {
  auto channel = ever_ready();
  transfer patient{channel, sending(memory)}, brief{channel, sending_some(memory)},
      hasty{channel, sending(memory)};
  hooks::let_kernel_wait(patient);
  hooks::let_kernel_wait(brief);
  BOOST_TEST(patient.advance() == progress::done);
  BOOST_TEST(channel.last == may_block::until_all);
  BOOST_TEST(brief.advance() == progress::done);
  BOOST_TEST(channel.last == may_block::until_some);
  BOOST_TEST(hasty.advance() == progress::done);
  BOOST_TEST(channel.last == may_block::no);
}

BOOST_AUTO_TEST_CASE(an_expected_wait_comes_before_the_first_attempt_and_is_as_limited) {
  scripted_time time;
  auto channel = never_ready();
  transfer operation{channel, sending(memory), {.timeout = 1s}};
  BOOST_TEST(hooks::expect(operation, {9, readiness::readable}));
  BOOST_TEST(channel.asked.empty());
  BOOST_TEST(operation.interest().descriptor == 9);
  BOOST_TEST(operation.due() == time.now + 1s);
  time.now += 1s;
  BOOST_TEST(operation.advance() == progress::done);
  BOOST_TEST(operation.result().error == errc::timed_out);
  BOOST_TEST(channel.asked.size() >= 1u);  // reported only after an attempt
}

BOOST_AUTO_TEST_CASE(no_wait_is_expected_of_what_must_not_wait) {
  auto channel = never_ready();
  std::string nothing;
  std::stop_source stop;
  stop.request_stop();
  auto const token = stop.get_token();
  interest const readable{9, readiness::readable};
  for (limits const& within : {limits{.timeout = 0s}, limits{.timeout = -1s}, limits{.stop = token}}) {
    transfer operation{channel, sending(memory), within};
    BOOST_TEST(!hooks::expect(operation, readable));
  }
  transfer of_nothing{channel, sending(nothing)};
  BOOST_TEST(!hooks::expect(of_nothing, readable));
}
