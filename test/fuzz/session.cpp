// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "session.hpp"

#include <signal.h>
#include <sys/time.h>

#include <cerrno>
#include <faults.hpp>
#include <filesystem>
#include <iterator>
#include <optional>
#include <transports.hpp>
#include <trivium/detail/async/set_policy.hpp>
#include <utility>

#include "far_end.hpp"
#include "model.hpp"
#include "near_end.hpp"
#include "stopper.hpp"

namespace trivium::fuzz {
namespace {

using namespace std::chrono_literals;

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

/// Interrupts whoever takes signals, each 200 us, while it lives.
class signal_storm {
 public:
  signal_storm() {
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};  // and no SA_RESTART
    ::sigaction(SIGALRM, &nothing, nullptr);
    every(200);
  }
  ~signal_storm() { every(0); }
  signal_storm(signal_storm const&) = delete;
  signal_storm& operator=(signal_storm const&) = delete;

 private:
  static void every(suseconds_t time) {
    itimerval const how{.it_interval = {.tv_sec = 0, .tv_usec = time},
                        .it_value = {.tv_sec = 0, .tv_usec = time}};
    ::setitimer(ITIMER_REAL, &how, nullptr);
  }
};

void carry(socket near, plan const& how, direction& sends, direction& receives, record& to) {
  switch (how.over) {
    case transport::tcp:
    case transport::local:
      return carry_over_stream(std::move(near), how.carried, sends, receives, to);
    case transport::asio_tcp:
      return carry_over_asio_tcp(std::move(near), how.carried, sends, receives, to);
    case transport::asio_local:
      return carry_over_asio_local(std::move(near), how.carried, sends, receives, to);
    case transport::tls:
#ifdef TRIVIUM_TLS
      return carry_over_tls(std::move(near), how.far.server, how.carried, sends, receives, to);
#else
      return to.broken("this was built without TLS");
#endif
  }
}

// What the two ends came to, compared.
void compare(plan const& how, sending const& sent, receiving& received, far_report const& far, record& to) {
  bool const tls = how.over == transport::tls;
  bool const kills = far.killed || how.carried.ends_early();
  bool const quit = received.quit();
  to.expect(sent.done(), "the sending was never told its end");
  to.expect(received.done(), "the receiving was never told its end");

  // What was sent arrived, in order, once; all of it, where somebody said so.
  to.expect(far.read <= sent.bytes(), "sent ", sent.bytes(), ", and the far end read ", far.read);
  to.expect(far.read_digest == digest::of(content{how.sends.begin, how.sends.bytes}.first(
                                   std::min(far.read, how.sends.bytes))),
            "the far end's SHA-256 differs");
  if (far.saw_end)
    to.expect(far.read == sent.bytes(), "the far end read ", far.read, " to the end of ", sent.bytes());
  if (far.saw_cut && sent.flushed())
    to.expect(far.read == sent.bytes(), "the far end read ", far.read, " to the cut of ", sent.bytes());
  if (sent.finished() && !kills && !quit)
    to.expect(far.read == sent.bytes() && far.saw_end, "a finish succeeded, and the far end read ", far.read,
              " of ", sent.bytes());
  if (!kills) {
    to.expect(!sent.end(), "the sending failed: ", sent.end().message());
    to.expect(sent.bytes() == how.sends.bytes, "sent ", sent.bytes(), " of ", how.sends.bytes);
    if (!quit && !tls) to.expect(far.saw_end, "the far end saw no end");
  }

  // What was received was sent, in order, once; all of it, where its end was told.
  to.expect(received.bytes() <= far.offered, "received ", received.bytes(), " of ", far.offered);
  to.expect(received.digest_of_all() == digest::of(content{how.receives.begin, how.receives.bytes}.first(
                                            std::min(received.bytes(), how.receives.bytes))),
            "the near end's SHA-256 differs");
  if (quit) return;
  bool const ended = received.end() == errc::end_of_file;
  bool const cut = received.end() == errc::truncated;
  if (!kills) {
    to.expect(how.far.how == ending::cuts ? cut : ended, "the receiving ended with ",
              received.end().message());
    to.expect(received.bytes() == how.receives.bytes, "received ", received.bytes(), " of ",
              how.receives.bytes);
  } else if (ended && (tls || !sent.end())) {
    // Whoever is told of a reset takes it from the other direction.
    to.expect(received.bytes() == far.written, "received ", received.bytes(), " to the end of ", far.written);
  }
}

// A kernel that answers worse than it has to, at random.
test::faults::decide worse_answers(std::uint64_t seed) {
  return [seed](test::moving_call const& call) {
    auto const sends = static_cast<std::uint64_t>(call.what == test::moving_call::kind::send);
    randomness any{seed + 2 * call.number + sends};
    switch (any.below(20)) {
      case 0:
        return test::fault{.error = EINTR};
      case 1:
        return test::fault{.error = EAGAIN};
      case 2:
      case 3:
        return test::fault{.at_most = any.size(call.asked)};
      case 4:
        return any.percent(30) ? test::fault{.error = any.percent(50) ? ENOBUFS : ENOMEM} : test::fault{};
      default:
        return test::fault{};
    }
  };
}

void run_both_ends(plan const& how, record& to) {
  auto ends = is_local(how.over) ? test::local_pair(how.buffer_bytes) : test::tcp_pair(how.buffer_bytes);
  stopper stops;
  sending sends{how, to, stops};
  receiving receives{how, to, stops};
  std::optional<test::faults> seam;
  if (how.faults) seam.emplace(worse_answers(*how.faults));

  auto const began = clock::now();
  far_end far{std::move(ends.second),
              how,
              {how.sends.begin, how.sends.bytes},
              {how.receives.begin, how.receives.bytes},
              [&] { return sends.lets_far_begin(); },
              [&] { return receives.lets_far_begin(); },
              to};
  carry(std::move(ends.first), how, sends, receives, to);
  compare(how, sends, receives, far.report(), to);

  // Nobody who waits asks again and again: something has happened, or a timer, or a signal.
  auto const refusals = sends.refusals() + receives.refusals();
  auto const events = 4 * (far.report().calls + far.report().key_updates) +
                      (how.sends.bytes + how.receives.bytes) / 256 +
                      static_cast<std::uint64_t>((clock::now() - began) / 50us);
  to.expect(refusals <= 1000 + events, refusals, " refusals of about ", events, " events");
  if (seam && how.over != transport::tls) {
    to.expect(sends.calls() == seam->sends, "sends told ", sends.calls(), " calls of ", seam->sends);
    to.expect(receives.calls() == seam->receives, "receives told ", receives.calls(), " calls of ",
              seam->receives);
  }
}

}  // namespace

void run_session(plan const& how, record& to) {
  auto const before = open_descriptors();
  detail::sets_are_used = how.in == waits_in::set ? detail::use_of_sets::always : detail::use_of_sets::never;
  try {
    std::optional<signal_storm> signals;
    if (how.carried.signals) signals.emplace();
    run_both_ends(how, to);
  } catch (std::exception const& failure) {
    to.broken("thrown: ", failure.what());
  }
  auto const after = open_descriptors();
  to.expect(before == after, "descriptors: ", before, " before, ", after, " after");
}

}  // namespace trivium::fuzz
