// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "content.hpp"

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "plan.hpp"
#include "randomness.hpp"

namespace trivium::fuzz {

std::span<std::byte const> all_content() {
  static auto const made = [] {
    std::vector<std::byte> bytes(2 * plan::most_bytes);
    randomness any{1};
    for (std::size_t i = 0; i != bytes.size(); i += sizeof(std::uint64_t)) {
      auto const word = any.next();
      std::memcpy(bytes.data() + i, &word, sizeof word);
    }
    return bytes;
  }();
  return made;
}

bool content::is_at(std::size_t at, std::span<std::byte const> seen) const {
  if (at > bytes_.size() || seen.size() > bytes_.size() - at) return false;
  return seen.empty() || std::memcmp(bytes_.data() + at, seen.data(), seen.size()) == 0;
}

namespace {
void must(int well) {
  if (well != 1) throw std::runtime_error{"SHA-256"};
}
}  // namespace

digest::digest() : state_{EVP_MD_CTX_new()} {
  must(EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr));
}

void digest::add(std::span<std::byte const> bytes) {
  must(EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()));
}

digest::value digest::end() {
  value result{};
  must(EVP_DigestFinal_ex(state_.get(), result.data(), nullptr));
  return result;
}

digest::value digest::of(std::span<std::byte const> bytes) {
  digest made;
  made.add(bytes);
  return made.end();
}

}  // namespace trivium::fuzz
