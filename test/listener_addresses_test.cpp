// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Where a listener listens: addresses that are taken, IPv6, names and paths of Unix sockets.

#include <unistd.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/test/unit_test.hpp>
#include <folder.hpp>
#include <fstream>
#include <listening.hpp>
#include <printing.hpp>
#include <string>
#include <system.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::string_literals;
namespace asio = boost::asio;

BOOST_FIXTURE_TEST_CASE(what_another_listens_at_is_in_use, with_listener) {
  BOOST_TEST(
      (listener::open(at->local_endpoint().value(), io.get_executor()).error() == kernels(EADDRINUSE)));
}

// Our end closes first, so its port stays in TIME_WAIT.
BOOST_FIXTURE_TEST_CASE(after_a_restart_the_address_is_free_at_once, with_listener) {
  auto const where = at->local_endpoint().value();
  auto const far = calls();
  at->accept().close();
  at.reset();
  BOOST_TEST(listener::open(where, io.get_executor()).has_value());
}

BOOST_FIXTURE_TEST_CASE(at_ipv6_it_hears_ipv4_as_well_or_not, with_listener) {
  auto both = listener::open(loopback("::"), io.get_executor());
  if (!both) {
    BOOST_TEST(both.error() == kernels(EAFNOSUPPORT));
    BOOST_TEST_MESSAGE("no IPv6 here");
    return;
  }
  auto const v4 = endpoint::tcp("127.0.0.1", both->local_endpoint()->port()).value();
  auto const v6 = endpoint::tcp("::1", both->local_endpoint()->port()).value();
  for (auto const& each : {v4, v6}) {
    auto const far = blocking::connect(each);
    BOOST_REQUIRE(far.has_value());
    BOOST_TEST(nonblocking::accept(*both).has_value());
  }
  both->close();
  auto alone = listener::open(v6, io.get_executor(), {.stack = ip_stack::v6_only}).value();
  asio::ip::v6_only only;
  alone.get_option(only);
  BOOST_TEST(only.value());
  BOOST_TEST(blocking::connect(v6).has_value());
  BOOST_TEST(blocking::connect(v4).error() == kernels(ECONNREFUSED));
}

BOOST_FIXTURE_TEST_CASE(the_backlog_is_the_callers, with_listener) {
  static int asked;
  static auto table = kernel;
  table.listen = [](int fd, int backlog) { return asked = backlog, kernel.listen(fd, backlog); };
  replaced_system const in_force{table};
  BOOST_TEST(listener::open(loopback(), io.get_executor()).has_value());
  BOOST_TEST(asked == SOMAXCONN);
  BOOST_TEST(listener::open(loopback(), io.get_executor(), {.backlog = 7}).has_value());
  BOOST_TEST(asked == 7);
}

BOOST_FIXTURE_TEST_CASE(an_abstract_name_is_listened_at, with_listener) {
  auto const name = endpoint::local("\0trivium listener_test "s + std::to_string(::getpid())).value();
  auto named = listener::open(name, io.get_executor()).value();
  auto const far = blocking::connect(name).value();
  BOOST_TEST(named.accept().is_open());
}

namespace {
struct with_folder : with_listener {
  folder here;
  endpoint const path = endpoint::local(here.path("socket")).value();
  bool exists() const { return here.has("socket"); }
};
}  // namespace

BOOST_FIXTURE_TEST_CASE(its_path_goes_with_it, with_folder) {
  {
    auto first = listener::open(path, io.get_executor()).value();
    auto second = std::move(first);  // takes the path along
    BOOST_TEST(exists());
    auto const far = blocking::connect(path).value();
    BOOST_TEST(second.accept().is_open());
    first.close();
    BOOST_TEST(exists());
  }
  BOOST_TEST(!exists());
  auto again = listener::open(path, io.get_executor()).value();
  again.close();
  BOOST_TEST(!exists());
  again = listener::open(path, io.get_executor()).value();
  again = listener::open(loopback(), io.get_executor()).value();
  BOOST_TEST(!exists());
}

BOOST_FIXTURE_TEST_CASE(released_it_leaves_its_path_to_the_caller, with_folder) {
  auto own = listener::open(path, io.get_executor())->release();
  BOOST_TEST(exists());
  { listener const not_its_own{std::move(own), io.get_executor()}; }
  BOOST_TEST(exists());
}

BOOST_FIXTURE_TEST_CASE(the_path_of_a_dead_server_is_in_use_until_somebody_removes_it, with_folder) {
  listener::open(path, io.get_executor())->release().close();  // as a server leaves it that is killed
  BOOST_TEST(listener::open(path, io.get_executor()).error() == kernels(EADDRINUSE));
  BOOST_TEST(blocking::connect(path).error() == kernels(ECONNREFUSED));
  BOOST_REQUIRE(::unlink(here.path("socket").c_str()) == 0);
  BOOST_TEST(listener::open(path, io.get_executor()).has_value());
}

BOOST_FIXTURE_TEST_CASE(what_stands_at_a_path_is_never_lost, with_folder) {
  std::ofstream{here.path("socket")} << "data";
  BOOST_TEST(listener::open(path, io.get_executor()).error() == kernels(EADDRINUSE));
  std::string kept;
  std::ifstream{here.path("socket")} >> kept;
  BOOST_TEST(kept == "data");
}
