// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#define BOOST_TEST_MODULE trivium
#include <boost/test/unit_test.hpp>
