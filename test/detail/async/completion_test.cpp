// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/completion.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <printing.hpp>
#include <type_traits>
#include <utility>

using namespace trivium;
namespace asio = boost::asio;

namespace {

template <class Executor>
struct counted_call {
  int* calls;
  std::shared_ptr<int> owned;
  Executor on;

  using executor_type = Executor;
  executor_type get_executor() const noexcept { return on; }
  using allocator_type = std::allocator<void>;
  allocator_type get_allocator() const noexcept { return {}; }
  void operator()() const { ++*calls; }
};

// How a connection gives out its executor.
struct by_reference {
  asio::any_io_executor executor;
  asio::any_io_executor const& get_executor() noexcept { return executor; }
};
struct by_value {
  asio::any_io_executor executor;
  asio::any_io_executor get_executor() noexcept { return executor; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_loop_is_seen_through_any_io_executor) {
  asio::io_context io;
  BOOST_TEST(detail::loop_of(io.get_executor()) == &io);
  BOOST_TEST(detail::loop_of(asio::any_io_executor{io.get_executor()}) == &io);
}

BOOST_AUTO_TEST_CASE(what_has_something_between_is_no_loop) {
  asio::io_context io;
  asio::thread_pool pool{1};
  BOOST_TEST(detail::loop_of(asio::make_strand(io)) == nullptr);
  BOOST_TEST(detail::loop_of(asio::any_io_executor{asio::make_strand(io)}) == nullptr);
  asio::any_io_executor const counts =
      asio::prefer(io.get_executor(), asio::execution::outstanding_work.tracked);
  BOOST_TEST(detail::loop_of(counts) == nullptr);
  BOOST_TEST(detail::loop_of(asio::any_io_executor{pool.get_executor()}) == nullptr);
  BOOST_TEST(detail::loop_of(asio::any_io_executor{}) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_post_is_called_by_its_executor_and_not_inside) {
  asio::io_context io;
  int calls = 0;
  asio::any_io_executor const on = io.get_executor();
  detail::post(counted_call<asio::any_io_executor>{&calls, nullptr, on}, on);
  detail::post(counted_call<asio::io_context::executor_type>{&calls, nullptr, io.get_executor()}, on);
  BOOST_TEST(calls == 0);
  BOOST_TEST(io.run() == 2u);
  BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(a_post_behind_a_strand_runs_on_it) {
  asio::io_context io;
  auto const strand = asio::make_strand(io);
  bool on_strand = false;
  struct {
    asio::any_io_executor on;
    decltype(strand)* of;
    bool* told;
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return on; }
    using allocator_type = std::allocator<void>;
    allocator_type get_allocator() const noexcept { return {}; }
    void operator()() const { *told = of->running_in_this_thread(); }
  } const asks{strand, &strand, &on_strand};
  detail::post(asks, io.get_executor());
  io.run();
  BOOST_TEST(on_strand);
}

BOOST_AUTO_TEST_CASE(a_post_is_destroyed_uncalled_with_its_loop) {
  auto owned = std::make_shared<int>(0);
  int calls = 0;
  {
    asio::io_context io;
    detail::post(counted_call<asio::any_io_executor>{&calls, owned, io.get_executor()}, io.get_executor());
    BOOST_TEST(owned.use_count() == 2);
  }
  BOOST_TEST(owned.use_count() == 1);
  BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_CASE(a_handlers_executor_is_its_own_or_the_places) {
  asio::io_context io, other;
  auto const plain = [] {};
  auto const bound = asio::bind_executor(other.get_executor(), plain);
  by_reference refers{io.get_executor()};
  by_value copies{io.get_executor()};
  BOOST_TEST(detail::get_executor_of(plain, refers) == io.get_executor());
  BOOST_TEST(detail::get_executor_of(plain, copies) == io.get_executor());
  BOOST_TEST(detail::get_executor_of(bound, refers) == other.get_executor());
  // What was made for the question is not referred to.
  static_assert(std::is_reference_v<decltype(detail::get_executor_of(plain, refers))>);
  static_assert(!std::is_reference_v<decltype(detail::get_executor_of(plain, copies))>);
}
