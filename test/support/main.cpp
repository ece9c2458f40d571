// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#define BOOST_TEST_MODULE trivium
#include <boost/test/unit_test.hpp>
#include <string_view>
#include <trivium/detail/async/set_policy.hpp>

namespace {

// `test.lifetime -- in_set`: all that waits asynchronously waits in its loop's interest set.
struct waits_in_set {
  void setup() {
    auto const& program = boost::unit_test::framework::master_test_suite();
    if (program.argc == 2 && program.argv[1] == std::string_view{"in_set"})
      trivium::detail::sets_are_used = trivium::detail::use_of_sets::always;
  }
};
BOOST_TEST_GLOBAL_FIXTURE(waits_in_set);

}  // namespace

// For ThreadSanitizer, which ends a forked child that starts a thread, unless told otherwise; a look-up does.
extern "C" char const* __tsan_default_options();
extern "C" char const* __tsan_default_options() {
  return "die_after_fork=0";
}
