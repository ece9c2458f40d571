// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/socket_file.hpp>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <folder.hpp>
#include <fstream>
#include <string>
#include <trivium/blocking.hpp>
#include <trivium/socket.hpp>
#include <type_traits>
#include <utility>

using namespace trivium;
using namespace trivium::test;
using namespace std::string_literals;

static_assert(!std::is_copy_constructible_v<detail::socket_file>);
static_assert(std::is_nothrow_move_constructible_v<detail::socket_file>);
static_assert(std::is_nothrow_move_assignable_v<detail::socket_file>);

namespace {

struct bound_path {
  folder here;
  endpoint const at = endpoint::local(here.path("socket")).value();
  trivium::socket bound = listen(at).value();
  bool exists() const { return here.has("socket"); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(it_removes_the_file_when_it_goes, bound_path) {
  {
    detail::socket_file const file{at};
    BOOST_TEST(file.is_there());
    BOOST_TEST(exists());
  }
  BOOST_TEST(!exists());
}

BOOST_FIXTURE_TEST_CASE(it_removes_the_file_once, bound_path) {
  detail::socket_file file{at};
  file.remove();
  BOOST_TEST(!exists());
  BOOST_TEST(!file.is_there());
  auto const next = listen(at).value();
  file.remove();
  BOOST_TEST(exists());
}

BOOST_FIXTURE_TEST_CASE(moved_it_goes_with_the_last, bound_path) {
  detail::socket_file first{at};
  {
    auto const second = std::move(first);
    BOOST_TEST(!first.is_there());
    first = detail::socket_file{};
    BOOST_TEST(exists());
  }
  BOOST_TEST(!exists());
}

BOOST_FIXTURE_TEST_CASE(assignment_removes_what_was_there, bound_path) {
  auto const other = endpoint::local(here.path("other")).value();
  auto const also_bound = listen(other).value();
  detail::socket_file file{at};
  file = detail::socket_file{other};
  BOOST_TEST(!exists());
  BOOST_TEST(here.has("other"));
  auto& itself = file;
  file = std::move(itself);
  BOOST_TEST(here.has("other"));
}

BOOST_FIXTURE_TEST_CASE(forgotten_the_file_stays, bound_path) {
  { detail::socket_file{at}.forget(); }
  BOOST_TEST(exists());
}

BOOST_FIXTURE_TEST_CASE(what_came_to_its_path_since_stays, bound_path) {
  auto const path = here.path("socket");
  for (bool const is_socket : {true, false}) {
    detail::socket_file file{at};
    BOOST_REQUIRE(::unlink(path.c_str()) == 0);
    trivium::socket other;
    if (is_socket)
      other = listen(at).value();
    else
      std::ofstream{path} << "somebody's data";
    file.remove();
    BOOST_TEST(exists());
    BOOST_REQUIRE(::unlink(path.c_str()) == 0);
    bound = listen(at).value();
  }
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_gone_already_is_nobodys_loss, bound_path) {
  detail::socket_file file{at};
  BOOST_REQUIRE(::unlink(here.path("socket").c_str()) == 0);
  file.remove();
  BOOST_TEST(!file.is_there());
}

// A server's child that ends must not take the server's file with it.
BOOST_FIXTURE_TEST_CASE(in_a_forked_process_the_file_stays_while_its_maker_lives, bound_path) {
  detail::socket_file file{at};
  pid_t const child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    file.remove();
    ::_exit(0);
  }
  int status = -1;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  BOOST_TEST(exists());
}

BOOST_FIXTURE_TEST_CASE(a_relative_path_is_found_from_any_folder, bound_path) {
  std::string before(PATH_MAX, '\0');
  BOOST_REQUIRE(::getcwd(before.data(), before.size()) != nullptr);
  for (char const* const name : {"relative", "./below/../relative", "below/relative"}) {
    BOOST_REQUIRE(::chdir(here.path("").c_str()) == 0);
    ::mkdir("below", 0700);
    auto const relative = endpoint::local(name).value();
    auto listening = listen(relative).value();
    detail::socket_file file{relative};
    BOOST_REQUIRE(::chdir("/") == 0);
    file.remove();
    BOOST_REQUIRE(::chdir(here.path("").c_str()) == 0);
    BOOST_TEST(listen(relative).has_value());  // the next start
    BOOST_REQUIRE(::unlink(name) == 0);
  }
  BOOST_REQUIRE(::chdir(before.c_str()) == 0);
}

// Open, fork, the parent leaves: the file is the daemon's, after both forks of daemon(7).
BOOST_FIXTURE_TEST_CASE(a_daemon_removes_the_file_that_its_parent_made, bound_path) {
  for (int const forks : {1, 2}) {
    ::unlink(here.path("socket").c_str());
    int parents_have_ended[2], daemon_has_ended[2];
    BOOST_REQUIRE(::pipe2(parents_have_ended, O_CLOEXEC) == 0);
    BOOST_REQUIRE(::pipe2(daemon_has_ended, O_CLOEXEC) == 0);
    pid_t const maker = ::fork();
    BOOST_REQUIRE(maker >= 0);
    if (maker == 0) {
      bound = listen(at).value();
      detail::socket_file file{at};
      for (int i = 0; i != forks; ++i)
        if (::fork() != 0) ::_exit(0);
      ::close(parents_have_ended[1]);
      static_cast<void>(::chdir("/"));
      char end = 0;
      static_cast<void>(::read(parents_have_ended[0], &end, 1));
      file.remove();
      ::_exit(0);  // closes its end of the other
    }
    ::close(daemon_has_ended[1]);
    BOOST_REQUIRE(::waitpid(maker, nullptr, 0) == maker);
    BOOST_TEST(exists());
    ::close(parents_have_ended[1]);
    pollfd ended{daemon_has_ended[0], 0, 0};
    BOOST_TEST(::poll(&ended, 1, 60'000) == 1);
    BOOST_TEST(!exists());
    ::close(parents_have_ended[0]);
    ::close(daemon_has_ended[0]);
  }
}

// Open, fork, both go on: who made it removes it, whichever ends first.
BOOST_FIXTURE_TEST_CASE(where_both_go_on_the_file_goes_with_the_process_that_made_it, bound_path) {
  detail::socket_file file{at};
  for (int i = 0; i != 2; ++i) {
    pid_t const child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
      auto const moved = std::move(file);
      file = detail::socket_file{};
      ::_exit(0);
    }
    BOOST_REQUIRE(::waitpid(child, nullptr, 0) == child);
    BOOST_TEST(exists());
    BOOST_TEST(blocking::connect(at, {.timeout = std::chrono::minutes{1}}).has_value());
  }
  file.remove();
  BOOST_TEST(!exists());
}

BOOST_AUTO_TEST_CASE(of_what_is_no_path_there_is_no_file) {
  BOOST_TEST(!detail::socket_file{}.is_there());
  BOOST_TEST(!detail::socket_file{endpoint::tcp("127.0.0.1", 1).value()}.is_there());
  BOOST_TEST(!detail::socket_file{endpoint::local("\0abstract"s).value()}.is_there());
  BOOST_TEST(!detail::socket_file{endpoint::local("/no/such/folder/at/all").value()}.is_there());
}
