// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/detail/async/block.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <memory>

using namespace trivium;

namespace {

// Counts the units that are out.
template <class T>
struct counting {
  using value_type = T;
  explicit counting(std::size_t& out) noexcept : out_{&out} {}
  template <class U>
  counting(counting<U> const& from) noexcept : out_{from.out_} {}
  T* allocate(std::size_t n) {
    *out_ += n;
    return std::allocator<T>{}.allocate(n);
  }
  void deallocate(T* memory, std::size_t n) noexcept {
    *out_ -= n;
    std::allocator<T>{}.deallocate(memory, n);
  }
  bool operator==(counting const&) const = default;
  std::size_t* out_;
};

struct first {
  char bytes[33];
};
struct second {
  std::max_align_t aligned;
};
using room = detail::block<first, counting<char>>;

}  // namespace

BOOST_AUTO_TEST_CASE(both_have_room_and_are_aligned) {
  std::size_t out = 0;
  room both{counting<char>{out}, sizeof(second)};
  auto const at = [](void* memory) { return reinterpret_cast<std::uintptr_t>(memory); };
  BOOST_TEST(at(both.second()) - at(both.first()) >= sizeof(first));
  BOOST_TEST(at(both.first()) % alignof(std::max_align_t) == 0u);
  BOOST_TEST(at(both.second()) % alignof(second) == 0u);
  BOOST_TEST(out * sizeof(std::max_align_t) >= sizeof(first) + sizeof(second));
}

BOOST_AUTO_TEST_CASE(one_alone_takes_less) {
  std::size_t alone = 0, with = 0;
  room const one{counting<char>{alone}, 0};
  room const both{counting<char>{with}, sizeof(second)};
  BOOST_TEST(alone < with);
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_given_back_by_its_address) {
  for (bool const both : {false, true}) {
    std::size_t out = 0;
    first* kept = nullptr;
    { room given_back{counting<char>{out}, both}; }
    BOOST_TEST(out == 0u);
    {
      room stays{counting<char>{out}, both};
      kept = ::new (stays.first()) first;
      stays.keep();
    }
    BOOST_TEST(out != 0u);
    { room const again{counting<char>{out}, kept, both}; }
    BOOST_TEST(out == 0u);
  }
}
