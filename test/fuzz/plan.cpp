// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "plan.hpp"

#include <algorithm>

namespace trivium::fuzz {
namespace {

using namespace std::chrono_literals;

// So many operations, or calls of the far end, may a stream take.
constexpr std::size_t most_steps = 100;

std::size_t some_bytes(randomness& any) {
  if (any.percent(20)) return 0;
  if (any.percent(50)) return any.size(plan::most_bytes);
  return static_cast<std::size_t>(any.between(1, std::size_t{512} << 10));
}

pace some_pace(randomness& any, std::size_t bytes) {
  pace result;
  result.most_at_once = std::max(any.size(std::size_t{256} << 10), bytes / most_steps);
  if (any.percent(40)) result.before = microseconds{any.between(0, 30'000)};
  if (any.percent(50)) {
    result.rests = static_cast<unsigned>(any.between(1, 100));
    result.rest = microseconds{any.between(0, any.percent(20) ? 40'000 : 4'000)};
    result.in_all = microseconds{any.between(0, 60'000)};
  }
  return result;
}

near_plan some_near(randomness& any, std::size_t bytes) {
  near_plan result;
  result.bytes = bytes;
  result.begin = static_cast<std::size_t>(any.below(plan::most_bytes));
  result.by = any.one_of({way::blocking, way::nonblocking, way::loop, way::handlers, way::coroutine});
  result.largest = std::max(any.size(2 * bytes + 1), bytes / most_steps);
  result.limited = any.percent(80);
  result.seed = any.next();
  return result;
}

}  // namespace

plan::plan(std::uint64_t of_seed, allowed const& what) : seed{of_seed} {
  randomness any{seed};

#ifdef TRIVIUM_TLS
  over = any.one_of({transport::tcp, transport::tcp, transport::local, transport::asio_tcp,
                     transport::asio_local, transport::tls, transport::tls, transport::tls});
#else
  over = any.one_of(
      {transport::tcp, transport::tcp, transport::local, transport::asio_tcp, transport::asio_local});
#endif
  over = what.only.value_or(over);
  bool const tls = over == transport::tls;
  buffer_bytes = any.one_of({0, 0, 16 << 10, 32 << 10, 64 << 10, 256 << 10});

  sends = some_near(any, some_bytes(any));
  receives = some_near(any, some_bytes(any));

  if (over == transport::asio_tcp || over == transport::asio_local)  // the same, and seconds to compile
    for (auto* const each : {&sends, &receives})
      if (each->by == way::coroutine) each->by = way::handlers;

  far.reads = some_pace(any, sends.bytes);
  far.writes = some_pace(any, receives.bytes);
  far.how = any.one_of({ending::finishes, ending::finishes, ending::waits, ending::closes, ending::resets,
                        tls ? ending::cuts : ending::finishes});
  if (far.kills()) {
    if (any.percent(50))
      far.ends_at_read = static_cast<std::size_t>(any.between(0, sends.bytes));
    else
      far.ends_at_written = static_cast<std::size_t>(any.between(0, receives.bytes));
  }
  far.writes_later = any.percent(25);
  // More than any kernel keeps that was told to keep little.
  bool const too_much =
      buffer_bytes != 0 && buffer_bytes <= (32 << 10) && sends.bytes > (std::size_t{400} << 10);
  far.reads_later = any.percent(50) && too_much;
  far.server = any.percent(60);
  far.oldest_version = any.percent(20);
  far.tickets = static_cast<unsigned>(any.one_of({0, 0, 1, 2}));
  far.record = any.one_of<std::size_t>({16384, 16384, 512, 4096});
  if (any.percent(50)) {
    far.key_update_after = static_cast<unsigned>(any.size(64));
    if (any.percent(20)) far.key_updates = static_cast<unsigned>(any.size(200));
  }
  far.asks_for_keys = any.percent(60) && what.asked_key_updates;
  far.seed = any.next();

  begins_with_handshake = any.percent(50) || sends.bytes == 0;
  finishes = any.percent(80) || far.how == ending::waits;
  if (any.percent(10)) quits_at = static_cast<std::size_t>(any.between(0, receives.bytes));
  bool const of_ours = over != transport::asio_tcp && over != transport::asio_local;
  if (any.percent(20) && of_ours) {
    if (any.percent(50)) carried.read_timeout = any.time(30ms);
    if (any.percent(50)) carried.write_timeout = any.time(30ms);
    if (any.percent(50)) carried.idle_timeout = any.time(30ms);
  }

  auto const on_a_loop = [](near_plan const& of) {
    return of.by == way::handlers || of.by == way::coroutine;
  };
  if (any.percent(40) && on_a_loop(sends) && on_a_loop(receives)) {
    carried.loses = any.one_of({loss::cancels, loss::closes, of_ours ? loss::destroys : loss::closes,
                                of_ours ? loss::moves : loss::cancels});
    carried.loses_after = any.time(30ms);
  }
  carried.strand = any.percent(50);
  carried.loop_threads = carried.strand ? static_cast<unsigned>(any.between(1, 3)) : 1;
  carried.one_thread_hint = carried.loop_threads == 1 && any.percent(50);
  carried.trampoline = carried.loop_threads == 1 && !carried.strand && any.percent(50);
  carried.one_loop = any.percent(50) && sends.by == way::loop && receives.by == way::loop;
  carried.signals = any.percent(20);
  if (any.percent(25)) faults = any.next();
  // A refusal that the kernel did not mean is followed by no edge.
  if (!faults) in = any.one_of({waits_in::reactor, waits_in::set, waits_in::either});
}

std::ostream& operator<<(std::ostream& to, way what) {
  constexpr char const* names[] = {"blocking", "nonblocking", "loop", "handlers", "coroutine"};
  return to << names[static_cast<int>(what)];
}
std::ostream& operator<<(std::ostream& to, ending what) {
  constexpr char const* names[] = {"finishes", "waits", "cuts", "closes", "resets"};
  return to << names[static_cast<int>(what)];
}
char const* name_of(transport what) {
  constexpr char const* names[] = {"tcp", "local", "asio_tcp", "asio_local", "tls"};
  return names[static_cast<int>(what)];
}
std::ostream& operator<<(std::ostream& to, transport what) {
  return to << name_of(what);
}

std::ostream& operator<<(std::ostream& to, plan const& what) {
  to << "seed " << what.seed << ": " << what.over;
  if (what.buffer_bytes != 0) to << " through " << what.buffer_bytes;
  auto const direction = [&](char const* name, near_plan const& of) {
    to << ", " << name << ' ' << of.bytes << ' ' << of.by << " by " << of.largest;
    if (!of.limited) to << " unlimited";
  };
  direction("sends", what.sends);
  direction("receives", what.receives);
  if (what.quits_at <= what.receives.bytes) to << " to " << what.quits_at;
  auto const mode = [&](char const* name, std::optional<microseconds> const& time) {
    if (time) to << ", " << name << " timeout " << time->count() << " us";
  };
  mode("read", what.carried.read_timeout);
  mode("write", what.carried.write_timeout);
  mode("idle", what.carried.idle_timeout);
  constexpr char const* losses[] = {"", "cancels", "moves", "closes", "destroys"};
  if (what.carried.loses != loss::none)
    to << ", " << losses[static_cast<int>(what.carried.loses)] << " after "
       << what.carried.loses_after.count() << " us";
  if (what.begins_with_handshake) to << ", handshake";
  if (!what.finishes) to << ", no finish";
  to << (what.carried.strand ? ", strand of " : ", loop of ") << what.carried.loop_threads;
  if (what.carried.one_thread_hint) to << " hinted";
  if (what.carried.trampoline) to << " trampoline";
  if (what.carried.one_loop) to << ", both in one loop";
  if (what.carried.signals) to << ", signals";
  if (what.faults) to << ", faults";
  constexpr char const* places[] = {"", ", in set", ", in set or reactor"};
  to << places[static_cast<int>(what.in)];

  auto const& far = what.far;
  to << "; far " << far.how;
  if (far.reads_later) to << ", reads later";
  if (far.writes_later) to << ", writes later";
  if (far.kills() && far.ends_at_read <= what.sends.bytes) to << " at " << far.ends_at_read << " read";
  if (far.kills() && far.ends_at_written <= what.receives.bytes)
    to << " at " << far.ends_at_written << " written";
  auto const speed = [&](char const* name, pace const& of) {
    to << ", " << name << " by " << of.most_at_once;
    if (of.before.count() != 0) to << " after " << of.before.count() << " us";
    if (of.rests != 0)
      to << " rests " << of.rest.count() << " us after " << of.rests << " %, in all " << of.in_all.count()
         << " us";
  };
  speed("reads", far.reads);
  speed("writes", far.writes);
  if (what.over == transport::tls) {
    to << ", " << (far.server ? "server" : "client") << (far.oldest_version ? " of 1.2" : "")
       << ", records of " << far.record << ", " << far.tickets << " tickets";
    if (far.key_update_after != 0)
      to << ", " << far.key_updates << (far.asks_for_keys ? " asked" : "") << " key updates after "
         << far.key_update_after;
  }
  return to;
}

}  // namespace trivium::fuzz
