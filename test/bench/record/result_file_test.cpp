// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Where a result goes, and what becomes of the place when none comes.
#define BOOST_TEST_MODULE bench.result_file
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

#include "../../support/folder.hpp"
#include "record/result_file.hpp"

namespace bench = trivium::bench;
using trivium::test::folder;

namespace {

std::string content(std::string const& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_result_has_its_place_before_there_is_one) {
  folder const here;
  auto const path = here.path("some/result.json");
  {
    // Whoever is killed now leaves no empty result.
    bench::result_file data(path);
    BOOST_TEST(std::filesystem::is_empty(here.path("some")));
  }
  BOOST_TEST(!std::filesystem::exists(here.path("some")));

  { bench::result_file(path).write(bench::result{}); }
  auto const written = content(path);
  BOOST_TEST(boost::json::parse(written).at("schema") == "trivium-bench/4");

  // An older one stays until there is a newer one, which replaces all of it.
  { bench::result_file const data(path); }
  BOOST_TEST(content(path) == written);
  std::ofstream(path) << std::string(2 * written.size(), 'x');
  bench::result_file(path).write(bench::result{});
  BOOST_TEST(content(path) == written);
}

BOOST_AUTO_TEST_CASE(a_result_takes_the_place_of_an_older_one_when_it_is_whole) {
  folder const here;
  auto const path = here.path("result.json");
  std::ofstream(path) << "an older result";
  BOOST_REQUIRE(::chmod(path.c_str(), 0640) == 0);
  std::ifstream older(path);  // who reads it goes on reading it
  bench::result_file(path).write(bench::result{});
  BOOST_TEST(std::string(std::istreambuf_iterator<char>(older), {}) == "an older result");
  BOOST_TEST(boost::json::parse(content(path)).at("schema") == "trivium-bench/4");
  struct stat about {};
  BOOST_REQUIRE(::stat(path.c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777U) == 0640U);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(here.path("")), {}) == 1);
}

BOOST_AUTO_TEST_CASE(a_link_stays_one) {
  folder const here;
  for (auto const* const to : {"result.json", "none_yet.json"}) {
    std::ofstream(here.path("result.json")) << std::string(100'000, 'x');
    std::filesystem::create_symlink(to, here.path("link.json"));
    bench::result_file(here.path("link.json")).write(bench::result{});
    BOOST_TEST(std::filesystem::is_symlink(here.path("link.json")));
    BOOST_TEST(boost::json::parse(content(here.path(to))).at("schema") == "trivium-bench/4");
    std::filesystem::remove(here.path("link.json"));
  }
}

BOOST_AUTO_TEST_CASE(a_result_whose_place_was_removed_is_written_all_the_same) {
  folder const here;
  auto const path = here.path("some/result.json");
  bench::result_file data(path);
  std::filesystem::remove_all(here.path("some"));
  data.write(bench::result{});
  BOOST_TEST(!content(path).empty());
}

BOOST_AUTO_TEST_CASE(runs_of_the_same_second_do_not_share_a_folder) {
  folder const here;
  auto const called = here.path("runs/now");
  {
    auto first = bench::result_file::in_new_folder(called);
    auto second = bench::result_file::in_new_folder(called);
    auto const third = bench::result_file::in_new_folder(called);
    BOOST_TEST(first.path() == called + "/result.json");
    BOOST_TEST(second.path() == called + "-2/result.json");
    BOOST_TEST(third.path() == called + "-3/result.json");
    first.write(bench::result{});
    second.write(bench::result{});
  }
  BOOST_TEST(!content(called + "/result.json").empty());
  BOOST_TEST(!content(called + "-2/result.json").empty());
  BOOST_TEST(!std::filesystem::exists(called + "-3"));
  BOOST_CHECK_THROW(bench::result_file::in_new_folder("/proc/nope/now"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_place_that_is_none_is_refused) {
  folder const here;
  std::filesystem::create_directory(here.path("folder"));
  std::ofstream(here.path("file")) << "x";
  for (auto const& path : {here.path("folder"), here.path("file/x.json"), std::string("/proc/nope/x.json")}) {
    BOOST_CHECK_THROW(bench::result_file{path}, std::invalid_argument);
  }
  BOOST_CHECK_THROW(bench::result_file("/dev/full").write(bench::result{}), std::system_error);
}

BOOST_AUTO_TEST_CASE(a_stored_result_is_read_again) {
  folder const here;
  auto const path = here.path("result.json");
  bench::result all;
  all.command = "trivium-bench run";
  bench::result_file(path).write(all);
  BOOST_TEST(bench::read_result(path).command == all.command);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_refused_by_name) {
  folder const here;
  auto const complaint = [](std::string const& path) -> std::string {
    try {
      bench::read_result(path);
      return "no complaint";
    } catch (std::invalid_argument const& problem) {
      return problem.what();
    }
  };
  auto const missing = here.path("none.json");
  BOOST_TEST(complaint(missing) == missing +
                                       " cannot be read: No such file or directory; "
                                       "'report' takes the file that 'run --json' wrote");
  auto const directory = here.path("");
  BOOST_TEST(complaint(directory) == directory +
                                         " cannot be read: Is a directory; "
                                         "'report' takes the file that 'run --json' wrote");
  auto const other = here.path("other.json");
  std::ofstream(other) << "{}";
  BOOST_TEST(complaint(other).starts_with(other + " is no result: "));
  BOOST_TEST(complaint("/dev/zero") ==
             "/dev/zero is larger than any result; "
             "'report' takes the file that 'run --json' wrote");
}
