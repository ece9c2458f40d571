// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/kept_work.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <utility>

using namespace trivium;
namespace asio = boost::asio;
using work = detail::kept_work<asio::any_io_executor>;

BOOST_AUTO_TEST_CASE(a_loop_runs_on_as_long_as_it_is_kept_by_whoever_it_was_moved_to) {
  asio::io_context io;
  auto const gate = detail::stop_gate::of(io.get_executor());
  std::optional<work> first, second;
  gate->pass([&] { first.emplace(gate, io.get_executor()); });
  io.poll();
  BOOST_TEST(!io.stopped());
  gate->pass([&] { second.emplace(std::move(*first)); });
  first.reset();
  io.poll();
  BOOST_TEST(!io.stopped());
  second.reset();
  io.poll();
  BOOST_TEST(io.stopped());
}

BOOST_AUTO_TEST_CASE(it_may_outlive_its_context) {
  std::optional<work> kept;
  {
    asio::io_context io;
    auto const gate = detail::stop_gate::of(io.get_executor());
    gate->pass([&] { kept.emplace(gate, io.get_executor()); });
  }
  kept.reset();
  BOOST_TEST(!kept.has_value());
}
