// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/forks.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <addresses.hpp>
#include <boost/test/unit_test.hpp>
#include <transports.hpp>

using namespace trivium;
using namespace trivium::test;

BOOST_AUTO_TEST_CASE(a_child_is_one_fork_further_than_its_parent) {
  auto const before = detail::forks();
  if (pid_t const child = ::fork(); child == 0) {
    ::_exit(detail::forks() == before + 1 ? 0 : 1);
  } else {
    int status = -1;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    BOOST_TEST(detail::forks() == before);
  }
}

BOOST_AUTO_TEST_CASE(a_hidden_descriptor_is_back_at_its_number) {
  auto [near, far] = local_pair();
  for (int const flags : {0, FD_CLOEXEC}) {
    BOOST_REQUIRE(::fcntl(near.native_handle(), F_SETFD, flags) == 0);
    { detail::hidden_descriptor const hides{near.native_handle()}; }
    BOOST_TEST(::fcntl(near.native_handle(), F_GETFD) == flags);
  }
  auto const before = open_descriptors();
  {
    detail::hidden_descriptor const hides{near.native_handle()};
    BOOST_TEST(hides.hidden());
    BOOST_TEST(::send(near.native_handle(), "x", 1, 0) == -1);
    BOOST_TEST(errno == ENOTSOCK);
  }
  BOOST_TEST(open_descriptors() == before);
  BOOST_TEST(::fcntl(near.native_handle(), F_GETFD) == FD_CLOEXEC);
  BOOST_TEST(::send(near.native_handle(), "x", 1, 0) == 1);
  char byte = 0;
  BOOST_TEST(::recv(far.native_handle(), &byte, 1, 0) == 1);
}
