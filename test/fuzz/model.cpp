// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "model.hpp"

#include <algorithm>
#include <cerrno>
#include <trivium/detail/async/set_policy.hpp>

namespace trivium::fuzz {
namespace {

using namespace std::chrono_literals;
using boost::asio::cancellation_type;

// Any shape of `bytes`: one piece, several, thousands; some of them empty.
template <class Buffer, class Bytes>
std::vector<Buffer> some_pieces(randomness& any, Bytes bytes) {
  std::size_t pieces = 1;
  if (any.percent(30)) pieces = any.size(8);
  if (any.percent(2)) pieces = any.size(3000);
  std::vector<Buffer> result;
  while (pieces > 1) {
    auto const next = any.percent(10) ? 0 : std::min(bytes.size(), any.size(2 * bytes.size() / pieces + 1));
    result.emplace_back(bytes.data(), next);
    bytes = bytes.subspan(next);
    --pieces;
  }
  result.emplace_back(bytes.data(), bytes.size());
  return result;
}

error_code kernels(int code) {
  return {code, boost::system::system_category()};
}

bool of_all(operation const& what) {
  return what.what != verb::handshake && what.how_much == amount::all;
}

char const* name_of(operation const& what) {
  switch (what.what) {
    case verb::handshake:
      return "handshake";
    case verb::send:
      return what.how_much == amount::all ? "send_all" : "send_some";
    case verb::receive:
      return what.how_much == amount::all ? "receive_all" : "receive_some";
    case verb::finish:
      break;
  }
  return "finish";
}

std::string text_of(operation const& what) {
  std::ostringstream text;
  text << name_of(what) << ' ' << what.asked << " in " << std::max(what.from.size(), what.into.size());
  if (what.one_attempt) text << " one attempt";
  auto const& by = what.within;
  auto const time = [&](char const* name, nanoseconds length) {
    text << ' ' << name << ' ' << length.count() / 1000;
  };
  if (!by.timeout.for_ever()) time(by.timeout.relative() ? "timeout" : "until", by.timeout.length());
  if (!by.stall_timeout.for_ever()) time("stall", by.stall_timeout.length());
  if (by.min_rate.bytes_per_second != 0) {
    text << " rate " << by.min_rate.bytes_per_second;
    time("over", by.min_rate.over.length());
  }
  if (by.stop.given()) text << (what.stopped_before ? " stopped before" : " stop");
  if (what.cancelled_after)
    text << " cancel " << static_cast<int>(what.cancellation) << " after " << what.cancelled_after->count();
  return std::move(text).str();
}

}  // namespace

modelled::modelled(near_plan const& how, plan const& of, record& to, stopper& stops)
    : how_{how}, plan_{of}, record_{to}, any_{how.seed}, stopper_{stops} {}

operation* modelled::next() {
  if (under_way_) record_.broken("the next operation was asked for before the last was told");
  operation_ = operation{};
  operation_.any = any_.branch();
  if (plan_.in == waits_in::either)
    detail::sets_are_used =
        operation_.any.percent(50) ? detail::use_of_sets::always : detail::use_of_sets::never;
  if (done_ || !ask(operation_)) {
    done_ = lets_far_begin_ = true;
    return nullptr;
  }
  limit(operation_);
  ++asked_;
  under_way_ = true;
  operation_.began = clock::now();
  return &operation_;
}

std::optional<microseconds> const& modelled::mode_of(operation const& what) const noexcept {
  bool const reads = what.what == verb::receive || what.what == verb::handshake;
  return reads ? plan_.carried.read_timeout : plan_.carried.write_timeout;
}

// Always as many decisions, whatever came of the last operation.
void modelled::limit(operation& what) {
  auto any = any_.branch();
  bool const nonblocking = how_.by == way::nonblocking;
  bool const async = how_.by == way::handlers || how_.by == way::coroutine;
  if (!end_ && !lets_far_begin() && begins_alone()) return limit_once(what, any);
  if (end_ || hurries()) {  // the last, to see that it ends; or enough of what ends before anything has moved
    if (plan_.carried.has_mode()) what.within.timeout = std::chrono::hours{1};
    return;
  }
  if (!how_.limited || any.percent(35)) {
    what.one_attempt = nonblocking && how_.limited && what.how_much == amount::some && any.percent(50);
    return;
  }
  auto& by = what.within;
  switch (any.below(9)) {
    case 0:
      by.timeout = 0s;
      break;
    case 1:
      by.timeout = std::chrono::nanoseconds{any.size(500'000)};
      break;
    case 2:
    case 3:
      by.timeout = any.time(20ms);
      break;
    case 4:
      by.timeout = until(clock::now() + any.time(10ms));
      break;
    case 5:
      by.timeout = any.percent(50) ? until(clock::now() - 1ms) : trivium::timeout{std::chrono::hours::max()};
      break;
    default:
      break;
  }
  if (any.percent(2)) by.timeout = -any.time(1s);
  if (any.percent(25)) by.stall_timeout = any.time(30ms);
  if (any.percent(20)) by.min_rate = {any.one_of<std::uint64_t>({1, 10'000, 10'000'000}), any.time(40ms)};
  if (any.percent(30)) {
    what.token = what.stop.get_token();
    by.stop = what.token;
    what.stopped_before = any.percent(15);
    if (what.stopped_before)
      what.stop.request_stop();
    else
      stopper_.stop(what.stop, any.percent(30) ? 0us : any.time(15ms));
  }
  if (async && any.percent(25)) {
    what.cancelled_after = any.percent(30) ? 0us : any.time(10ms);
    what.cancellation =
        any.one_of({cancellation_type::terminal, cancellation_type::partial, cancellation_type::total});
  }
}

// Exactly one that will end it.
void modelled::limit_once(operation& what, randomness& any) {
  what.alone = true;
  auto& by = what.within;
  bool const async = how_.by == way::handlers || how_.by == way::coroutine;
  switch (any.below(async ? 6 : 5)) {
    case 0:
      by.timeout = any.time(30ms);
      break;
    case 1:
      by.timeout = until(clock::now() + any.time(30ms));
      break;
    case 2:
      by.stall_timeout = any.time(30ms);
      break;
    case 3:
      by.min_rate = {1'000'000'000'000, any.time(30ms)};
      break;
    case 4:
      what.token = what.stop.get_token();
      by.stop = what.token;
      stopper_.stop(what.stop, any.time(30ms));
      break;
    default:
      what.cancelled_after = any.time(30ms);
      what.cancellation = any.one_of({cancellation_type::terminal, cancellation_type::partial});
  }
}

void modelled::failed(std::string const& why) {
  record_.broken(name_of(operation_), " threw: ", why);
  under_way_ = false;
  done_ = true;
}

void modelled::tell(transfer_result const& came) {
  auto const ended = clock::now();
  auto const took = ended - operation_.began;
  if (!under_way_) {
    record_.broken("told twice: ", text_of(operation_), ": ", came.bytes, ", ", came.error.message());
    return;
  }
  under_way_ = false;
  record_.line(how_.by, ": ", text_of(operation_), ": ", came.bytes, ", ",
               came.error ? came.error.message() : "well", " after ", took.count() / 1000, " us, ",
               came.calls, " calls, ", came.waits, " waits, at ", bytes_);
  judge(operation_, came, took, ended);
  bool const moves = operation_.what == verb::send || operation_.what == verb::receive;
  if (!moves || came.bytes == 0) ++in_vain_;
  if (moves) calls_ += came.calls;
  if (how_.by != way::nonblocking) refusals_ += came.would_blocks;
  told(operation_, came);
  if (operation_.alone) lets_far_begin_ = true;

  if (end_) {  // a last one, to see that it was
    done_ = true;
  } else if (!came.connection_usable()) {
    end_ = came.error;
  }
}

// What the contract says of any operation.
void modelled::judge(operation const& of, transfer_result const& came, nanoseconds took, time_point ended) {
  auto const what = [&] {
    return text_of(of) + ": " + std::to_string(came.bytes) + ", " + came.error.message() + ": ";
  };
  bool const moves = of.what == verb::send || of.what == verb::receive;

  if (moves) record_.expect(came.bytes <= of.asked, what(), "more than was asked for");
  if (!came.error) {
    if (!moves)
      record_.expect(came.bytes == 0, what(), "bytes of what moves none");
    else if (of_all(of))
      record_.expect(came.bytes == of.asked, what(), "success with less than all");
    else
      record_.expect(came.bytes != 0 || of.asked == 0, what(), "success without a byte");
  } else if (moves && !of_all(of)) {
    record_.expect(came.bytes == 0, what(), "an error instead of some bytes");
  }
  record_.expect(came.waited <= took, what(), "waited ", came.waited.count(), " ns of ", took.count());
  record_.expect(came.would_blocks <= came.calls, what(), came.would_blocks, " refusals of ", came.calls);
  if (came.error)
    record_.expect(may_end_with(of, came, took, ended), what(), "not an end that it may come to");
  if (of.stopped_before && !of.within.timeout.negative()) {
    record_.expect(came.error == errc::stopped && came.calls == 0, what(),
                   "a stop before the call makes no attempt");
  }
  if (of.within.timeout.never_waits() || of.one_attempt)
    record_.expect(came.waits == 0, what(), "waited where it never waits");

  if (of.alone && !plan_.far.kills() && !plan_.faults && !plan_.carried.ends_early())
    record_.expect(came.error && came.connection_usable(), what(), "something moved, and nothing could");
  if (end_) {
    bool const ends_again = came.error && !came.connection_usable() && came.bytes == 0;
    // A refusal that the kernel did not mean hides it, once, and a limit may end the wait.
    bool const hidden = plan_.faults && came.error && came.bytes == 0;
    record_.expect(ends_again || hidden, what(), "the connection was said to be unusable: ", end_.message());
    bool const was_end = end_ == errc::end_of_file || end_ == errc::truncated;
    if (was_end && ends_again && !plan_.far.kills() && !plan_.carried.ends_early())
      record_.expect(came.error == end_, what(), "not the same end again: ", end_.message());
  }
}

bool modelled::may_end_with(operation const& of, transfer_result const& came, nanoseconds took,
                            time_point ended) {
  auto const& by = of.within;
  auto const& error = came.error;
  bool const receives = of.what == verb::receive;
  auto const since = [&](nanoseconds length) { return took >= length; };

  if (error == kernels(EINVAL)) return by.timeout.negative() && came.calls == 0 && came.bytes == 0;
  if (error == errc::would_block) return by.timeout.never_waits() || of.one_attempt;
  if (error == errc::timed_out) {
    if (by.timeout.never_waits() || of.one_attempt) return false;
    if (by.timeout.for_ever()) return mode_of(of) && since(*mode_of(of));
    return by.timeout.relative() ? since(by.timeout.length()) : ended >= time_point{by.timeout.length()};
  }
  if (error == errc::stalled && of.what != verb::handshake) {
    auto const& idle = plan_.carried.idle_timeout;
    return (idle && since(*idle)) || (!by.stall_timeout.for_ever() && since(by.stall_timeout.length()));
  }
  if (error == errc::too_slow)
    return of.what != verb::handshake && by.min_rate.bytes_per_second != 0 &&
           since(by.min_rate.over.length());
  if (error == errc::stopped) {
    if (of.stop.stop_requested() || plan_.carried.loses != loss::none) return true;
    // Total promises that nothing has happened.
    bool const total = of.cancellation == cancellation_type::total;
    return of.cancelled && !(total && (of.what == verb::finish || of.what == verb::handshake)) &&
           !(total && of_all(of) && came.bytes != 0);
  }
  if (out_of_resources(error)) return plan_.faults.has_value();
  if (error == kernels(EBADF)) return plan_.carried.loses == loss::closes;

  bool const tls = plan_.over == transport::tls;
  if (error == errc::end_of_file) return receives;
  if (error == errc::truncated)
    return tls && (plan_.far.kills() || (receives && plan_.far.how == ending::cuts));
  if (error == errc::session_broken) return end_ && plan_.far.kills();
  if (error == kernels(ECONNRESET) || error == kernels(EPIPE)) return plan_.far.kills();
  return false;
}

sending::sending(plan const& of, record& to, stopper& stops)
    : modelled{of.sends, of, to, stops},
      content_{of.sends.begin, of.sends.bytes},
      shaken_{!of.begins_with_handshake} {
  finishes_left_ = of.finishes ? (any_.percent(30) ? 2 : 1) : 0;
}

bool sending::ask(operation& next) {
  if (!shaken_ && !end()) {
    next.what = verb::handshake;
    return true;
  }
  if (end()) {
    next.asked = 1;
    next.from.emplace_back(all_content().data(), 1);
    return true;
  }
  auto const left = content_.size() - bytes_;
  if (begins_alone() && !lets_far_begin()) {
    next.asked = left;
    next.from = some_pieces<boost::asio::const_buffer>(next.any, content_.from(bytes_));
    return true;
  }
  if (left != 0 || !flushed_) {
    auto& any = next.any;
    next.how_much = any.percent(50) && left != 0 ? amount::some : amount::all;
    next.asked = left == 0 || any.percent(1) ? 0 : some(any, left);
    next.from = some_pieces<boost::asio::const_buffer>(any, content_.from(bytes_).first(next.asked));
    return true;
  }
  if (finishes_left_ == 0) return false;
  next.what = verb::finish;
  return true;
}

void sending::told(operation const& of, transfer_result const& came) {
  switch (of.what) {
    case verb::handshake:
      shaken_ = !came.error;
      return;
    case verb::send:
      bytes_ += came.bytes;
      flushed_ = !came.error && bytes_ == content_.size() && of.how_much == amount::all;
      return;
    default:
      if (came.error) return;
      finished_ = true;
      --finishes_left_;
  }
}

receiving::receiving(plan const& of, record& to, stopper& stops)
    : modelled{of.receives, of, to, stops}, content_{of.receives.begin, of.receives.bytes} {}

bool receiving::ask(operation& next) {
  if (quit()) return false;
  next.what = verb::receive;
  auto& any = next.any;
  next.how_much = any.percent(50) ? amount::some : amount::all;
  bool const none = any.percent(1) && !end() && (lets_far_begin() || !begins_alone());
  next.asked = none ? 0 : some(any, 2 * content_.size() + 1);
  into_ = std::vector<std::byte>(next.asked);
  next.into = some_pieces<boost::asio::mutable_buffer>(any, std::span{into_});
  return true;
}

void receiving::told(operation const& of, transfer_result const& came) {
  static_cast<void>(of);
  if (came.bytes > into_.size()) return;
  std::span<std::byte const> const part{into_.data(), came.bytes};
  record_.expect(content_.is_at(bytes_, part),
                 "the near end received other bytes than were sent: ", came.bytes, " at ", bytes_);
  seen_.add(part);
  bytes_ += came.bytes;
}

}  // namespace trivium::fuzz
