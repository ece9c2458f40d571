// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the pages of docs/ show compiles; what can be run without a network is run. (`layout.readme` compares
// the text. The pairs of docs/instead.md stand in docs/instead.cpp.)

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <trivium/trivium.hpp>

namespace asio = boost::asio;

namespace shown {

// docs/errors.md

void which_error(trivium::transfer_result const& result, void (*at_the_end)()) {
  // page begins here
  if (result.error == trivium::errc::end_of_file) at_the_end();
  if (trivium::as_asio_error(result.error) == asio::error::eof) at_the_end();
  // page ends here
}

// docs/fork.md

void forks(asio::io_context& io, void (*child)(), void (*parent)()) {
  // page begins here
  io.notify_fork(boost::asio::io_context::fork_prepare);
  if (fork() == 0) {
    io.notify_fork(boost::asio::io_context::fork_child);  // now it has an epoll set of its own
    child();
  } else {
    io.notify_fork(boost::asio::io_context::fork_parent);
    parent();
  }
  // page ends here
}

}  // namespace shown

BOOST_AUTO_TEST_CASE(an_end_of_file_is_seen_by_either_comparison) {
  static int ends = 0;
  shown::which_error({.error = trivium::errc::end_of_file}, [] { ++ends; });
  BOOST_TEST(ends == 2);
}
