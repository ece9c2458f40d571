// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's answers in the words of the instrument.
#pragma once

#include <boost/asio/completion_condition.hpp>
#include <boost/asio/error.hpp>
#include <cstddef>

#include "outcome.hpp"
#include "raw.hpp"

namespace trivium::bench {

inline outcome asio_outcome(boost::system::error_code error, std::size_t n) {
  if (error == boost::asio::error::eof) return {n, true, {}};
  return {n, false, error};
}

using transfer_all = decltype(boost::asio::transfer_all());  // Asio's default: 64 KiB a call

/// A completion condition under which Asio asks for as much at a time as the hand-written loops do: its own
/// conditions stop at 64 KiB.
struct uncapped {
  std::size_t operator()(boost::system::error_code const& error, std::size_t) const {
    return error ? 0 : raw::most_a_call;
  }
};

}  // namespace trivium::bench
