// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// One of many connections on a loop: it asks its script for steps, and executes them one after another. A
// `Connection` derives from it and says how a step begins:
//
//   bool receive(), bool send(): begins `asked_`. True if the step has ended already, as `so_far_` says;
//   otherwise the Connection calls `end_and_go_on` when it has.
//   void sleep(): calls `end_and_go_on` at `asked_.at`.
//   void close(): no step follows.
#pragma once

#include <cstddef>
#include <span>

#include "../steps/other_work.hpp"
#include "../steps/script.hpp"
#include "outcome.hpp"

namespace trivium::bench {

template <class Connection>
class stepped {
 public:
  stepped(stepped const&) = delete;
  stepped& operator=(stepped const&) = delete;

  void start() {
    last_.now = clock::now();
    go_on();
  }

 protected:
  explicit stepped(script& what) : what_(what) {}
  ~stepped() = default;

  void end_and_go_on() {
    end_step(last_, asked_, so_far_);
    go_on();
  }

  /// What the step has still to move.
  [[nodiscard]] std::span<std::byte> left() const { return asked_.bytes.subspan(so_far_.bytes); }
  /// So many bytes end a step that receives.
  [[nodiscard]] std::size_t enough() const {
    return asked_.what == step::kind::receive ? asked_.bytes.size() : 1;
  }

  step asked_;
  outcome so_far_;

 private:
  // A loop and not a recursion: steps that end at once must not grow the stack.
  void go_on() {
    auto& self = static_cast<Connection&>(*this);
    for (;;) {
      asked_ = what_.next(last_);
      so_far_ = {};
      switch (asked_.what) {
        case step::kind::receive:
        case step::kind::receive_some:
          if (!self.receive()) return;
          break;
        case step::kind::send:
          if (!self.send()) return;
          break;
        case step::kind::wait_until:
          return self.sleep();
        case step::kind::work:
          keep_busy(asked_.lasting);
          break;
        case step::kind::start:
        case step::kind::done:
          return self.close();
      }
      end_step(last_, asked_, so_far_);
    }
  }

  script& what_;
  event last_;
};

}  // namespace trivium::bench
