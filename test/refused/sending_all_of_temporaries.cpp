// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Each string would be gone before the call that sends them.

#include <cstddef>
#include <string>
#include <trivium/blocking.hpp>
#include <vector>

// A range that makes each string when it is looked at.
struct texts_of {
  struct iterator {
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;

    int const* at = nullptr;

    std::string operator*() const { return std::to_string(*at); }
    iterator& operator++() {
      ++at;
      return *this;
    }
    iterator operator++(int) { return {at++}; }
    bool operator==(iterator const&) const = default;
  };

  std::vector<int> const& numbers;

  iterator begin() const { return {numbers.data()}; }
  iterator end() const { return {numbers.data() + numbers.size()}; }
};

void sends(trivium::socket& peer, std::vector<int> const& numbers) {
  texts_of const texts{numbers};
#ifdef MENDED
  std::vector<std::string> kept;
  for (auto const& text : texts) kept.push_back(text);
  (void)trivium::blocking::send_all(peer, kept);
#else
  (void)trivium::blocking::send_all(peer, texts);
#endif
}
