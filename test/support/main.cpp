// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#define BOOST_TEST_MODULE trivium
#include <boost/test/unit_test.hpp>

// For ThreadSanitizer, which ends a forked child that starts a thread, unless told otherwise; a look-up does.
extern "C" char const* __tsan_default_options();
extern "C" char const* __tsan_default_options() {
  return "die_after_fork=0";
}
