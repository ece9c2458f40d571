// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Each string would be gone before the call that sends them.

#include <ranges>
#include <string>
#include <trivium/blocking.hpp>
#include <vector>

void sends(trivium::socket& peer, std::vector<int> const& numbers) {
  auto const texts = numbers | std::views::transform([](int each) { return std::to_string(each); });
#ifdef MENDED
  std::vector<std::string> const kept(texts.begin(), texts.end());
  (void)trivium::blocking::send_all(peer, kept);
#else
  (void)trivium::blocking::send_all(peer, texts);
#endif
}
