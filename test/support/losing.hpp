// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Connections that are lost to the asynchronous operations under way on them: how, when, and to which.
#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <stop_token>
#include <trivium/async.hpp>
#include <utility>
#include <vector>

namespace trivium::test {

struct told_of_loss {
  std::atomic<int> calls{0};
  error_code error;
};

/// A handler of any operation, on any executor: one type, so that each operation is compiled once.
class loss_handler {
 public:
  loss_handler(told_of_loss& told, std::shared_ptr<int> owned, boost::asio::any_io_executor on,
               boost::asio::cancellation_slot slot)
      : told_{&told}, owned_{std::move(owned)}, on_{std::move(on)}, slot_{slot} {}

  using executor_type = boost::asio::any_io_executor;
  executor_type get_executor() const noexcept { return on_; }
  using cancellation_slot_type = boost::asio::cancellation_slot;
  cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

  void operator()(transfer_result const& came) { tell(came.error); }
  void operator()(error_code error, socket const&) { tell(error); }
  void operator()(error_code error, std::size_t) { tell(error); }
  void operator()(error_code error) { tell(error); }

 private:
  void tell(error_code error) {
    told_->error = error;
    ++told_->calls;
  }

  told_of_loss* told_;
  std::shared_ptr<int> owned_;
  executor_type on_;
  cancellation_slot_type slot_;
};

/// A way to lose a connection. It may be gone then, or there without what it had.
template <class Connection>
struct loss {
  char const* name;
  std::function<void(std::unique_ptr<Connection>&)> lose;
};

template <class Connection>
std::vector<loss<Connection>> losses() {
  return {
      {"destroyed", [](auto& it) { it.reset(); }},
      {"moved from and destroyed",
       [](auto& it) {
         Connection elsewhere{std::move(*it)};
         it = std::make_unique<Connection>(std::move(elsewhere));
       }},
      {"assigned to",
       [](auto& it) {
         auto other = std::make_unique<Connection>(std::move(*it));
         Connection empty{std::move(*other)};
         *it = std::move(empty);
       }},
      {"closed", [](auto& it) { it->close(); }},
      {"released", [](auto& it) { static_cast<void>(it->release()); }},
      {"cancelled", [](auto& it) { it->cancel(); }},
  };
}

enum class told_on { its_loop, a_trampoline, a_strand, a_pool };
enum class at { ended, once, wait, event };  // `ended`: for what needs a few bytes of the far end's only

/// Begins, loses, and sees that the handler is called once, with the reason, and that nothing is left.
/// `begin(connection, limits, handler)`; `make(io)` gives the connection and the far end's descriptor. The
/// connection is never lost in one thread while the operation acts in another, the pool's: it waits.
template <class Connection, class Make, class Begin>
void loses(Make make, Begin begin, loss<Connection> const& how, limits const& within, bool slot,
           told_on where, at when) {
  using namespace std::chrono_literals;
  namespace asio = boost::asio;
  told_of_loss told;
  asio::cancellation_signal cancel;
  auto owned = std::make_shared<int>(0);
  asio::thread_pool pool{1};
  std::latch lost{1};
  asio::post(pool, [&] { lost.wait(); });
  {
    asio::io_context io;
    auto [connection, far] = make(io);
    asio::any_io_executor on = connection->get_executor();
    if (where == told_on::a_strand) on = asio::make_strand(io);
    if (where == told_on::a_pool) on = pool.get_executor();
    std::array<char, 64> const bytes{};
    if (when == at::ended) ::send(far, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    begin(*connection, within,
          loss_handler{told, owned, on, slot ? cancel.slot() : asio::cancellation_slot{}});
    on = {};
    if (when == at::wait || when == at::event) io.poll();
    if (when == at::event) {
      // A byte has come and the timer is due: both are news when the connection is lost.
      ::send(far, "x", 1, MSG_NOSIGNAL);
      for (auto const end = now() + 2ms; now() < end;) {
      }
    }
    how.lose(connection);
    lost.count_down();
    {
      std::optional<async::trampoline> here;
      if (where == told_on::a_trampoline) here.emplace(io);
      io.restart();
      io.run_for(60s);
    }
    BOOST_TEST(io.stopped());  // nothing is left that it waits for
    pool.join();
    BOOST_TEST(told.calls == 1);
    cancel.emit(asio::cancellation_type::terminal);  // nobody hears that
  }
  BOOST_TEST(owned.use_count() == 1);
  bool const known = told.error == errc::stopped || told.error == asio::error::operation_aborted ||
                     told.error == errc::timed_out || told.error == asio::error::timed_out || !told.error;
  BOOST_TEST(known, told.error.message());
}

/// All of it, for each way to lose the connection, each place to be told, each moment and each thing that may
/// end it besides.
template <class Connection>
void loses_in_every_state(auto make, auto begin) {
  using namespace std::chrono_literals;
  std::stop_source stop;
  auto const token = stop.get_token();
  struct {
    char const* name;
    limits within;
    bool slot;
  } const armed[] = {{"nothing", {}, false},
                     {"a timeout", {.timeout = 1ms}, false},
                     {"a stop", {.stop = token}, false},
                     {"a slot", {}, true},
                     {"everything", {.timeout = 60s, .stall_timeout = 60s, .stop = token}, true}};
  for (auto const& how : losses<Connection>())
    for (auto const& with : armed)
      for (auto const where : {told_on::its_loop, told_on::a_trampoline, told_on::a_strand, told_on::a_pool})
        for (auto const when : {at::ended, at::once, at::wait, at::event})
          BOOST_TEST_CONTEXT(how.name << ", armed with " << with.name << ", told on "
                                      << static_cast<int>(where) << ", at " << static_cast<int>(when)) {
            loses(make, begin, how, with.within, with.slot, where, when);
          }
}

}  // namespace trivium::test
