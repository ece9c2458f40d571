// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// The instrument with a scenario and arms that only tests have: what a new scenario or a new arm takes, and
// how the instrument bears those that misbehave.
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "program.hpp"
#include "scenarios/list.hpp"
#include "ways/list.hpp"

namespace trivium::bench {

namespace {

/// Ten bytes there, ten bytes back, some work and a wait: every kind of step that there is.
class near_dummy final : public script {
 public:
  step next(event const& last) override {
    switch (turn_++) {
      case 0:
        return {.what = step::kind::send, .bytes = bytes_};
      case 1:
        return {.what = step::kind::receive, .bytes = bytes_};
      case 2:
        return {.what = step::kind::work, .lasting = std::chrono::milliseconds(1)};
      case 3:
        return {.what = step::kind::wait_until, .at = last.now + std::chrono::milliseconds(1)};
      default:
        return {};
    }
  }
  void report(findings& found) const override { found["dummy"] = turn_; }

 private:
  std::vector<std::byte> bytes_ = std::vector<std::byte>(10);
  int turn_ = 0;
};

class far_dummy final : public script {
 public:
  step next(event const& last) override {
    if (last.end_of_stream) return {};
    if (last.finished == step::kind::receive_some) got_ += last.bytes;
    if (got_ < bytes_.size()) return {.what = step::kind::receive_some, .bytes = bytes_};
    got_ = 0;
    return {.what = step::kind::send, .bytes = bytes_};
  }

 private:
  std::vector<std::byte> bytes_ = std::vector<std::byte>(10);
  std::size_t got_ = 0;
};

scenario dummy_scenario() {
  return {.name = "dummy",
          .sentence = "every kind of step, once",
          .primary = "throughput",
          .columns = {"cpu_per_kib", "switches_per_mib"},
          .operation = 10,
          .whole = true,
          .near = [](setting const&) { return over_one(std::make_unique<near_dummy>()); },
          .far = [](setting const&) { return over_one(std::make_unique<far_dummy>()); }};
}

/// Does what is asked, a byte at a time.
class slow_way final : public way {
 public:
  void run(std::span<lane const> lanes, tally&) override {
    auto const& connection = lanes.front();
    event last{.now = clock::now()};
    for (;;) {
      auto const next = connection.what->next(last);
      if (next.what == step::kind::done) break;
      last = {.finished = next.what};
      if (next.what == step::kind::send || next.what == step::kind::receive ||
          next.what == step::kind::receive_some) {
        move(connection.socket, next, last);
      }
      while (next.what == step::kind::wait_until && clock::now() < next.at) {
      }
      last.now = clock::now();
    }
    ::close(connection.socket);
  }

 private:
  static void move(int socket, step const& asked, event& done) {
    auto const most = asked.what == step::kind::receive_some ? 1 : asked.bytes.size();
    while (done.bytes < most) {
      auto* const at = asked.bytes.data() + done.bytes;
      auto const n =
          asked.what == step::kind::send ? ::send(socket, at, 1, MSG_NOSIGNAL) : ::recv(socket, at, 1, 0);
      if (n <= 0) {
        done.end_of_stream = n == 0;
        if (n < 0) done.error = {errno, boost::system::system_category()};
        return;
      }
      done.bytes += static_cast<std::size_t>(n);
    }
  }
};

class stuck_way final : public way {
 public:
  void run(std::span<lane const>, tally&) override {
    std::fputs("I shall wait for ever\n", stderr);
    for (;;) ::pause();
  }
};

class dying_way final : public way {
 public:
  void run(std::span<lane const>, tally&) override {
    std::fputs("something I cannot bear\n", stderr);
    std::abort();
  }
};

class leaving_way final : public way {
 public:
  void run(std::span<lane const>, tally&) override { std::_Exit(0); }
};

class throwing_way final : public way {
 public:
  void run(std::span<lane const>, tally&) override { throw std::runtime_error("no such luck"); }
};

/// Does what `posix` does, on a processor that it was not given.
class straying_way final : public way {
 public:
  void run(std::span<lane const> lanes, tally& kept) override {
    cpu_set_t elsewhere;
    CPU_ZERO(&elsewhere);
    for (int each = 0; each < CPU_SETSIZE; ++each) CPU_SET(each, &elsewhere);
    CPU_CLR(::sched_getcpu(), &elsewhere);
    if (::sched_setaffinity(0, sizeof elsewhere, &elsewhere) != 0)
      throw std::runtime_error("nowhere to stray to");
    for (auto const& each : all_arms()) {
      if (each.name == "posix") each.make()->run(lanes, kept);
    }
  }
};

template <class Way>
arm dummy(std::string_view name) {
  return {.name = name, .sentence = "of the tests", .make = [] {
            return std::unique_ptr<way>(std::make_unique<Way>());
          }};
}

}  // namespace

}  // namespace trivium::bench

int main(int argc, char** argv) {
  using namespace trivium::bench;
  std::vector<scenario> scenarios(all_scenarios().begin(), all_scenarios().end());
  scenarios.push_back(dummy_scenario());
  std::vector<arm> arms(all_arms().begin(), all_arms().end());
  for (auto const& each :
       {dummy<slow_way>("dummy"), dummy<stuck_way>("stuck"), dummy<dying_way>("dying"),
        dummy<leaving_way>("leaving"), dummy<throwing_way>("throwing"), dummy<straying_way>("straying")}) {
    arms.push_back(each);
  }
  return program(argc, argv, {scenarios, arms});
}
