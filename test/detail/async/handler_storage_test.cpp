// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/handler_storage.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <memory>
#include <vector>

using trivium::detail::handler_storage;
using trivium::detail::storage_allocator;

namespace {

struct owner;
using room64 = handler_storage<64, owner>;
struct owner : room64 {
  int told = 0;
  static void deallocated(room64& of) { ++static_cast<owner&>(of).told; }
};

bool inside(room64 const& room, void const* memory) {
  auto const begin = reinterpret_cast<std::uintptr_t>(&room);
  auto const at = reinterpret_cast<std::uintptr_t>(memory);
  return begin <= at && at < begin + sizeof room;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_fits_stands_in_the_room) {
  owner room;
  void* const whole = room.take(64);
  BOOST_TEST(inside(room, whole));
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(whole) % alignof(void*) == 0u);
  room.give_back(whole, 64);
  void* const again = room.take(1);
  BOOST_TEST(again == whole);
  room.give_back(again, 1);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_allocated_and_leaves_the_room_free) {
  owner room;
  void* const large = room.take(65);
  BOOST_TEST(!inside(room, large));
  void* const small = room.take(8);
  BOOST_TEST(inside(room, small));
  room.give_back(large, 65);
  room.give_back(small, 8);
}

BOOST_AUTO_TEST_CASE(what_comes_while_it_is_taken_is_allocated) {
  owner room;
  void* const first = room.take(8);
  void* const second = room.take(8);
  BOOST_TEST(inside(room, first));
  BOOST_TEST(!inside(room, second));
  room.give_back(second, 8);
  void* const third = room.take(8);
  BOOST_TEST(!inside(room, third));  // the first is still there
  room.give_back(first, 8);
  room.give_back(third, 8);
  void* const fourth = room.take(8);
  BOOST_TEST(inside(room, fourth));
  room.give_back(fourth, 8);
}

BOOST_AUTO_TEST_CASE(its_allocator_is_one_of_the_standards_kind) {
  owner room, other;
  storage_allocator<std::uint64_t, room64> const numbers{room};
  storage_allocator<char, room64> const letters{numbers};
  using rebound = std::allocator_traits<storage_allocator<char, room64>>::rebind_alloc<std::uint64_t>;
  BOOST_TEST((rebound{letters} == numbers));
  BOOST_TEST((numbers != storage_allocator<std::uint64_t, room64>{other}));
  std::vector<std::uint64_t, storage_allocator<std::uint64_t, room64>> held(8, 7u, numbers);
  BOOST_TEST(inside(room, held.data()));
  held.push_back(7);  // more than the room holds
  BOOST_TEST(!inside(room, held.data()));
  BOOST_TEST(held.size() == 9u);
}

// Its owner must not be freed before.
BOOST_AUTO_TEST_CASE(who_awaits_a_taken_room_is_told_when_it_is_given_back) {
  owner room;
  BOOST_TEST(!room.await());
  owner other;
  void* const taken = other.take(8);
  BOOST_TEST(other.await());
  BOOST_TEST(other.told == 0);
  other.give_back(taken, 8);
  BOOST_TEST(other.told == 1);
  BOOST_TEST(!other.await());
}
