// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The bytes that are sent. A stream of a session is a stretch of them that begins anywhere, so that a byte
// which is lost, doubled or out of place shows, and where.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace trivium::fuzz {

/// Ever the same, in every session.
std::span<std::byte const> all_content();

/// What one direction of a session may come to.
class content {
 public:
  content(std::size_t begin, std::size_t size) : bytes_{all_content().subspan(begin, size)} {}

  std::size_t size() const noexcept { return bytes_.size(); }
  std::span<std::byte const> from(std::size_t at) const { return bytes_.subspan(at); }
  std::span<std::byte const> first(std::size_t count) const { return bytes_.first(count); }

  /// Whether `seen` is what stands at `at`.
  bool is_at(std::size_t at, std::span<std::byte const> seen) const;

 private:
  std::span<std::byte const> bytes_;
};

/// SHA-256 of what is added.
class digest {
 public:
  using value = std::array<unsigned char, 32>;

  digest();
  void add(std::span<std::byte const> bytes);
  value end();

  static value of(std::span<std::byte const> bytes);

 private:
  struct freed {
    void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  };
  std::unique_ptr<EVP_MD_CTX, freed> state_;
};

}  // namespace trivium::fuzz
