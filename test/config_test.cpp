// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/config.hpp>

#include <boost/preprocessor/stringize.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

// What a shared library exports, and what C++17 is told: package/ and refused/.
BOOST_AUTO_TEST_CASE(who_links_the_static_library_exports_nothing) {
  BOOST_TEST(BOOST_PP_STRINGIZE(TRIVIUM_EXPORT) == std::string{});
}
