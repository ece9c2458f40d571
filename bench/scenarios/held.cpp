// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What blocking means: a thread sends a large transfer to a reader that takes its time, and has a job of its
// own to do every 10 ms. How late does the job start?
#include <algorithm>
#include <array>
#include <vector>

#include "../steps/samples.hpp"
#include "scenario.hpp"

namespace trivium::bench {

namespace {

using namespace std::chrono_literals;

// 136,314,880 bytes: "Hello Python\n" 10 * 1024 * 1024 times, the transfer of the samples.
constexpr auto transfer_bytes = std::size_t{130} << 20;

// Slower than loopback by a factor of some five: the sender has to wait for most of the transfer, as it does
// on a network, and the job meets that wait. 1 GB/s is ten gigabit Ethernet less its overhead.
constexpr auto reader_bytes_per_second = 1e9;
constexpr auto reader_bytes = std::size_t{1} << 20;  // a sleep every ms or so: what timers resolve well

constexpr auto job_every = 10ms;
constexpr auto job_lasts = 1ms;

class transfer_once final : public script {
 public:
  explicit transfer_once(std::size_t bytes) : data_(bytes, std::byte{1}) {}

  step next(event const& last) override {
    if (last.finished == step::kind::start) {
      began_ = last.now;
      return {.what = step::kind::send, .bytes = data_};
    }
    ended_ = last.now;
    return {};
  }

  void report(findings& found) const override {
    found["send_ms"] = std::chrono::duration<double, std::milli>(ended_ - began_).count();
  }

 private:
  std::vector<std::byte> data_;
  time_point began_ = {};
  time_point ended_ = {};
};

// Takes a piece no earlier than the pace allows. The schedule counts from the first piece, so a late one is
// made up for and the pace holds over the whole transfer.
class paced_reader final : public script {
 public:
  paced_reader() : buffer_(reader_bytes, std::byte{1}) {}

  step next(event const& last) override {
    if (last.end_of_stream) {
      last_ = last.now;
      received_ += last.bytes;
      return {};
    }
    if (last.finished == step::kind::receive) {
      received_ += last.bytes;
      auto const due =
          std::chrono::duration<double>(static_cast<double>(received_) / reader_bytes_per_second);
      return {.what = step::kind::wait_until, .at = first_ + std::chrono::duration_cast<duration>(due)};
    }
    if (last.finished == step::kind::start) first_ = last.now;
    return {.what = step::kind::receive, .bytes = buffer_};
  }

  void report(findings& found) const override {
    auto const took = std::chrono::duration<double>(last_ - first_).count();
    found["transfer_ms"] = took * 1e3;
    if (took > 0) found["reader_bytes_per_second"] = static_cast<double>(received_) / took;
  }

 private:
  std::vector<std::byte> buffer_;
  std::size_t received_ = 0;
  time_point first_ = {};
  time_point last_ = {};
};

// Due at fixed times, whether or not the one before has run: a job that was held up does not move the next.
class job final : public script {
 public:
  step next(event const& last) override {
    switch (last.finished) {
      case step::kind::wait_until:
        late_.note(last.now - due_);
        latest_ = std::max(latest_, last.now - due_);
        return {.what = step::kind::work, .lasting = job_lasts};
      case step::kind::start:
        due_ = last.now + job_every;
        break;
      default:
        due_ += job_every;
    }
    return {.what = step::kind::wait_until, .at = due_};
  }

  void report(findings& found) const override {
    found["jobs"] = static_cast<double>(late_.count());
    if (auto const q = late_.quantile(0.5)) found["late_p50_ns"] = *q;
    if (late_.count() > 0) found["late_max_ns"] = static_cast<double>(latest_.count());
  }

 private:
  samples late_{1024};
  duration latest_ = {};
  time_point due_ = {};
};

side sender(setting const& s) {
  side made = over_one(std::make_unique<transfer_once>(s.operation));
  made.others.push_back(std::make_unique<job>());
  return made;
}

}  // namespace

scenario held() {
  return {
      .name = "held",
      .sentence =
          "130 MiB to a reader of 1 GB/s while the sending thread has a job of 1 ms every 10 ms: how late it "
          "runs",
      .primary = "late_max",
      .columns = {"late_p50", "longest_hold", "transfer", "cpu_per_kib"},
      .per = per::transfer,
      .answer = "the thread's own job started up to this late",
      .other_work = true,
      .one_way = true,
      .operation = transfer_bytes,
      .whole = true,
      .expected_seconds = static_cast<double>(transfer_bytes) / reader_bytes_per_second,
      .near = sender,
      .far = [](setting const&) { return over_one(std::make_unique<paced_reader>()); },
  };
}

}  // namespace trivium::bench
