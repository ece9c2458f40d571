// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Random sessions, each of them checked against the contract: see test/README.md.

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "arguments.hpp"
#include "near_end.hpp"
#include "session.hpp"

namespace {

using namespace trivium::fuzz;
using std::chrono::steady_clock;

constexpr char usage[] =
    "usage: test.fuzz [--seconds N | --sessions N | --seed N] [--from SEED] [--over TRANSPORT]\n"
    "                 [--no-asked-key-updates] [--keep-going] [--quiet]\n"
    "  --seconds N    sessions for so long (20)\n"
    "  --sessions N   so many sessions\n"
    "  --seed N       the session of that seed\n"
    "  --from SEED    the first session's seed; each next one's is one more\n"
    "  --over NAME    tcp, local, asio_tcp, asio_local or tls only\n"
    "  --no-asked-key-updates   the far end's TLS does not ask for new keys of ours\n"
    "  --keep-going   goes on after a session that broke the contract\n"
    "  --quiet        says only what is wrong, and how many sessions there were\n";

// A session waits for nothing longer than some 30 ms, hundreds of times.
constexpr std::chrono::seconds longest_session{120};

struct options {
  std::chrono::seconds time{20};
  std::optional<std::uint64_t> sessions;
  std::uint64_t from = any_seed();
  allowed what;
  bool keep_going = false, quiet = false;
};

std::optional<options> read(int argc, char** argv) {
  options result;
  for (int i = 1; i < argc; ++i) {
    std::string_view const flag = argv[i];
    if (flag == "--no-asked-key-updates") {
      result.what.asked_key_updates = false;
    } else if (flag == "--keep-going") {
      result.keep_going = true;
    } else if (flag == "--quiet") {
      result.quiet = true;
    } else {
      if (++i == argc) return {};
      std::string_view const value = argv[i];
      if (flag == "--over") {
        for (auto const each : all_transports)
          if (value == name_of(each)) result.what.only = each;
        if (!result.what.only) return {};
        continue;
      }
      auto const number = number_in(value);
      if (!number) return {};
      if (flag == "--seconds") {
        result.time = std::chrono::seconds{*number};
      } else if (flag == "--sessions") {
        result.sessions = number;
      } else if (flag == "--from") {
        result.from = *number;
      } else if (flag == "--seed") {
        result.from = *number;
        result.sessions = 1;
      } else {
        return {};
      }
    }
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  auto const how = read(argc, argv);
  if (!how) {
    std::cerr << usage;
    return 2;
  }

  // For the threads that take it to say so; and OpenSSL's own BIO writes without MSG_NOSIGNAL.
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
#ifdef TRIVIUM_TLS
  prepare_tls();
#endif

  auto const end = steady_clock::now() + how->time;
  std::uint64_t run = 0, broken = 0;
  std::cout << "from seed " << how->from << std::endl;
  for (; how->sessions ? run != *how->sessions : steady_clock::now() < end; ++run) {
    plan const session{how->from + run, how->what};
    if (!how->quiet) std::cout << session << std::endl;
    record of;
    std::string name = "--seed " + std::to_string(session.seed);
    {
      watchdog const bound{name, of, longest_session};
      run_session(session, of);
    }
    if (of.holds()) continue;
    ++broken;
    std::cout << of.text() << session << "\nthe same again: " << argv[0] << ' ' << name;
    if (!how->what.asked_key_updates) std::cout << " --no-asked-key-updates";
    if (how->what.only) std::cout << " --over " << *how->what.only;
    std::cout << std::endl;
    if (!how->keep_going) break;
  }
  std::cout << run + (broken != 0 && !how->keep_going ? 1 : 0) << " sessions, " << broken
            << " broke the contract" << std::endl;
  return broken == 0 ? 0 : 1;
}
