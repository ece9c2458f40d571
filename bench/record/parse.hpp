// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// JSON whose numbers are read to the last bit. Boost.JSON's own parser takes the nearest but one at times
// (before 1.82 there is no other), and a result that is read shall say what it said.
#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <string_view>

namespace trivium::bench {

struct parsed {
  boost::json::value value;
  boost::system::error_code error;
  std::size_t at = 0;  ///< the first byte that cannot be read, if there is an error
};

parsed parse(std::string_view text);

}  // namespace trivium::bench
