// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The command line of a sample. The usage line also declares it: "HOST PORT [SECONDS] [--once] [--write
// FILE]" declares two required arguments, an optional one, an option, and an option with a value. --help
// prints the usage and its explanation. At exit every sample also checks that all of its output could be
// written.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

class arguments {
 public:
  /// Ends the program with status 2 if the command line does not match `usage`, and with status 0 after
  /// --help.
  arguments(int argc, char** argv, std::string usage, std::string meaning)
      : usage_{std::move(usage)}, meaning_{std::move(meaning)} {
    open_standard_streams();
    std::atexit(check_output);
    if (argc > 0) program_ = std::string_view{argv[0]}.substr(std::string_view{argv[0]}.rfind('/') + 1);
    declare();
    auto word = words_.begin();
    for (int i = 1; i < argc; ++i) {
      std::string const text{argv[i]};
      if (text == "--help") help();
      // A negative number is a wrong value, not an option.
      bool const number = text.find_first_of(".0123456789") == 1;
      if (text.size() < 2 || text[0] != '-' || number) {
        if (word == words_.end()) refuse("one word too many: '" + text + "'");
        given_[*word++] = text;
        continue;
      }
      auto const option = options_.find(text);
      if (option == options_.end()) refuse("there is no option '" + text + "'" + like(text, option_names()));
      if (option->second && ++i == argc) refuse("'" + text + "' needs a value");
      given_[text] = option->second ? argv[i] : "";
    }
    if (auto const missing = word - words_.begin(); missing < required_)
      refuse(words_[static_cast<std::size_t>(missing)] + " is missing");
  }

  bool has(std::string const& name) const { return given_.contains(name); }
  std::string get(std::string const& name, std::string otherwise = "") const {
    return has(name) ? given_.at(name) : otherwise;
  }

  template <class Number>
  Number number(std::string const& name, Number otherwise, Number least, Number most) const {
    if (!has(name)) return otherwise;
    auto const& text = given_.at(name);
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= least && value <= most)) {
      std::ostringstream why;
      why << name << " is a number from " << least << " to " << most << ", not '" << text << "'";
      refuse(why.str());
    }
    return value;
  }
  std::chrono::duration<double> seconds(std::string const& name, double otherwise) const {
    return std::chrono::duration<double>{number(name, otherwise, 0.001, 1e6)};
  }
  std::uint16_t port(std::string const& name) const { return number<std::uint16_t>(name, 0, 0, 65535); }
  std::string one_of(std::string const& name, std::vector<std::string> const& choices,
                     std::string otherwise) const {
    auto const chosen = get(name, otherwise);
    if (std::ranges::find(choices, chosen) == choices.end())
      refuse(name + " cannot be '" + chosen + "'" + like(chosen, choices));
    return chosen;
  }

 private:
  // If one of them is closed, the next socket would be given its number, and the sample would print into the
  // connection. Opened read-only, so that the loss of what is printed is detected.
  static void open_standard_streams() {
    for (int const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      if (::fcntl(number, F_GETFD) < 0 && ::open("/dev/null", O_RDONLY) != number) std::abort();
  }

  // Runs however the sample ends, also after --help, so that lost output is always reported.
  static void check_output() {
    if (std::cout.flush()) return;
    std::cerr << "cannot write all to standard output; is there room for it?\n";
    std::_Exit(1);
  }

  void declare() {
    std::istringstream text{usage_};
    for (std::string word; text >> word;) {
      bool const optional = word.front() == '[';
      bool const closed = word.back() == ']';
      auto const name = word.substr(optional, word.size() - optional - closed);
      if (name.starts_with("--")) {
        options_[name] = !closed;
        if (!closed) text >> word;  // skip the name of the value
      } else {
        words_.push_back(name);
        if (!optional) ++required_;
      }
    }
  }

  [[noreturn]] void help() const {
    std::cout << "usage: " << program_ << ' ' << usage_ << '\n' << meaning_ << '\n';
    std::exit(0);
  }
  [[noreturn]] void refuse(std::string const& why) const {
    std::cerr << program_ << ": " << why << "\nusage: " << program_ << ' ' << usage_ << '\n';
    std::exit(2);
  }

  std::vector<std::string> option_names() const {
    std::vector<std::string> names{"--help"};
    for (auto const& [name, takes_value] : options_) names.push_back(name);
    return names;
  }

  // The edit distance: the number of characters to insert, delete or replace.
  static std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i != from.size(); ++i) {
      auto diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j != to.size(); ++j) {
        auto const changed = diagonal + (from[i] != to[j]);
        diagonal = row[j + 1];
        row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
      }
    }
    return row.back();
  }
  // The most similar name, if it is similar enough to be what was meant.
  static std::string like(std::string_view given, std::vector<std::string> const& names) {
    auto const how_far = [&](std::string const& name) {
      return name.starts_with(given) ? 0 : distance(given, name);
    };
    auto const nearest = std::ranges::min_element(names, {}, how_far);
    bool const meant = nearest != names.end() && how_far(*nearest) <= nearest->size() / 2;
    return meant ? "; did you mean '" + *nearest + "'?" : "";
  }

  std::string program_ = "sample";
  std::string usage_;
  std::string meaning_;
  std::vector<std::string> words_;  // in order; the required ones are first
  std::ptrdiff_t required_ = 0;
  std::map<std::string, bool> options_;  // whether the option has a value
  std::map<std::string, std::string> given_;
};
