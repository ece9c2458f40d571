// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// trivium-bench-bare: the instrument with one arm more, posix.bare, which shows what the instrument itself
// costs a round trip. It is the loop of posix with nothing of the instrument in it: the end that asks reads
// the clock once a round trip, the other hardly ever, and the script hears of the round trips later, many at
// a time. For scenarios that exchange one message for another over and over: `ping_pong`.
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "program.hpp"
#include "scenarios/list.hpp"
#include "steps/descriptor.hpp"
#include "ways/list.hpp"

namespace trivium::bench {

namespace {

class bare final : public way {
 public:
  void run(std::span<lane const> lanes, tally&) override {
    auto const& connection = lanes.front();
    descriptor const socket(connection.socket);
    auto& what = *connection.what;
    auto const first = what.next({.now = clock::now()});
    // What the second step will be is known of an exchange; asking for it here would tell of an end too
    // early.
    bool const asks = first.what == step::kind::send;
    if (!asks && first.what != step::kind::receive)
      throw std::invalid_argument("posix.bare is for exchanges");
    std::vector<std::byte> other(first.bytes.size());
    for (std::array<time_point, 16> ended;;) {
      std::size_t trips = 0;
      for (; trips != ended.size(); ++trips) {
        if (!all(socket.get(), first.bytes, asks) || !all(socket.get(), other, !asks)) break;
        if (asks) ended[trips] = clock::now();
      }
      if (!asks) ended.fill(clock::now());
      if (tell(what, first, trips, ended)) return;
      if (trips != ended.size()) {
        what.next({.finished = first.what, .end_of_stream = true, .now = clock::now()});
        return;
      }
    }
  }

 private:
  static bool all(int socket, std::span<std::byte> bytes, bool sends) {
    for (std::size_t done = 0; done != bytes.size();) {
      auto const left = bytes.subspan(done);
      auto const n = sends ? ::send(socket, left.data(), left.size(), MSG_NOSIGNAL)
                           : ::recv(socket, left.data(), left.size(), 0);
      if (n <= 0) return false;
      done += static_cast<std::size_t>(n);
    }
    return true;
  }

  /// Whether the script is done; it hears of all that was done nevertheless.
  static bool tell(script& what, step const& first, std::size_t trips, std::span<time_point const> ended) {
    bool done = false;
    for (std::size_t i = 0; i != trips; ++i) {
      event const half{.finished = first.what, .bytes = first.bytes.size(), .now = ended[i]};
      auto const second = what.next(half);
      if (second.bytes.size() != first.bytes.size())
        throw std::invalid_argument("posix.bare is for exchanges of one size");
      done |= what.next({.finished = second.what, .bytes = second.bytes.size(), .now = ended[i]}).what ==
              step::kind::done;
    }
    return done;
  }
};

}  // namespace

}  // namespace trivium::bench

int main(int argc, char** argv) {
  using namespace trivium::bench;
  std::vector<arm> arms(all_arms().begin(), all_arms().end());
  arms.push_back(
      {.name = "posix.bare",
       .sentence = "the loop of posix with nothing of the instrument in it, which hears of it later",
       .make = [] { return std::unique_ptr<way>(std::make_unique<bare>()); }});
  return program(argc, argv, {all_scenarios(), arms});
}
