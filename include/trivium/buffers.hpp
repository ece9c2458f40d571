// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The buffers that the verbs accept, and their form as iovec.
#pragma once

#include <trivium/config.hpp>

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>

namespace TRIVIUM_EXPORT trivium {

/// An Asio buffer: `data()` is a void pointer, `size()` is in bytes.
template <class Buffer>
concept untyped_buffer = requires(Buffer const& buffer) {
  { buffer.size() } -> std::convertible_to<std::size_t>;
  requires std::is_void_v<std::remove_pointer_t<decltype(buffer.data())>>;
};

/// A contiguous range of trivially copyable elements: std::string, std::span, std::vector<int>, std::array.
/// Elements that refer to other memory (pointers, iovec) are rejected, since their addresses would be sent.
template <class Buffer>
concept element_range = std::ranges::contiguous_range<Buffer> && std::ranges::sized_range<Buffer> &&
                        std::is_trivially_copyable_v<std::ranges::range_value_t<Buffer>> &&
                        !std::is_pointer_v<std::ranges::range_value_t<Buffer>> &&
                        !std::is_same_v<std::ranges::range_value_t<Buffer>, iovec> &&
                        !untyped_buffer<std::ranges::range_value_t<Buffer>> &&
                        !std::ranges::range<std::ranges::range_value_t<Buffer>>;

/// One contiguous piece of memory: an Asio buffer, or a contiguous range of elements.
template <class Buffer>
concept single_buffer = untyped_buffer<std::remove_cvref_t<Buffer>> || element_range<Buffer>;

/// A range of single buffers, as Asio's buffer sequences are.
template <class Buffers>
concept buffer_sequence =
    std::ranges::forward_range<Buffers> && single_buffer<std::ranges::range_reference_t<Buffers>>;

/// An array of char, which is rejected: its terminating zero would be sent with it.
template <class Buffers>
concept character_array = std::is_array_v<std::remove_reference_t<Buffers>> && std::is_same_v <
                          std::remove_cv_t<std::remove_all_extents_t<std::remove_reference_t<Buffers>>>,
char > ;

/// Memory that can be sent.
template <class Buffers>
concept readable_memory = (single_buffer<Buffers> || buffer_sequence<Buffers>)&&!character_array<Buffers>;

/// What a send accepts as an argument. A character array is included only to be rejected by a static_assert
/// with a message.
template <class Buffers>
concept offered_memory = readable_memory<Buffers> || character_array<Buffers>;

/// Memory that can be received into.
template <class Buffers>
concept writable_memory = (single_buffer<Buffers> || buffer_sequence<Buffers>)&&requires(Buffers&& buffers) {
  requires !std::is_const_v<std::remove_pointer_t<decltype([](auto&& memory) {
    if constexpr (untyped_buffer<std::remove_cvref_t<decltype(memory)>>)
      return memory.data();
    else if constexpr (element_range<decltype(memory)>)
      return std::ranges::data(memory);
    else if constexpr (untyped_buffer<std::ranges::range_value_t<decltype(memory)>>)
      return (*std::ranges::begin(memory)).data();
    else
      return std::ranges::data(*std::ranges::begin(memory));
  }(buffers))>>;
};

/// A buffer that refers to memory that it does not own.
template <class Buffer>
concept pointing_buffer = untyped_buffer<std::remove_cvref_t<Buffer>> ||
    (single_buffer<Buffer>&& std::ranges::borrowed_range<std::remove_cvref_t<Buffer>>);

/// Memory that outlives the full expression: an lvalue, a view, an Asio buffer, or a sequence of these. The
/// memory of a temporary container does not.
template <class Buffers>
concept lasting_memory = pointing_buffer<Buffers> ||
                         (single_buffer<Buffers>&& std::is_lvalue_reference_v<Buffers&&>) ||
                         (buffer_sequence<Buffers> &&
                          (pointing_buffer<std::ranges::range_reference_t<Buffers>> ||
                           (std::is_lvalue_reference_v<Buffers&&> &&
                            std::is_lvalue_reference_v<std::ranges::range_reference_t<Buffers>>)));

/// One buffer as an iovec. The iovec has no const; memory that is sent is only read.
template <single_buffer Buffer>
iovec piece_of(Buffer&& buffer) noexcept {
  if constexpr (untyped_buffer<std::remove_cvref_t<Buffer>>)
    return {const_cast<void*>(static_cast<void const*>(buffer.data())), buffer.size()};
  else
    return {const_cast<void*>(static_cast<void const*>(std::ranges::data(buffer))),
            std::ranges::size(buffer) * sizeof(std::ranges::range_value_t<Buffer>)};
}

/// The iovec of `buffers` if they are a single buffer; otherwise, for several or none, an empty one.
template <class Buffers>
iovec only_piece(Buffers&& buffers) {
  if constexpr (single_buffer<Buffers>) {
    return piece_of(buffers);
  } else {
    auto const first = std::ranges::begin(buffers);
    auto const last = std::ranges::end(buffers);
    return first != last && std::ranges::next(first) == last ? piece_of(*first) : iovec{};
  }
}

/// A copy of a buffer sequence, and how much of it remains. It does not own the bytes. Up to two pieces (a
/// header and a body) are stored inside the object; more take one allocation. Move-only.
class pieces {
 public:
  pieces() noexcept = default;
  pieces(pieces&&) noexcept = default;
  pieces& operator=(pieces&&) noexcept = default;

  /// One piece, or a copy of the sequence.
  explicit pieces(iovec one) noexcept { add(one); }
  template <class Buffers>
  requires single_buffer<Buffers> || buffer_sequence<Buffers>
  explicit pieces(Buffers&& buffers) {
    if constexpr (single_buffer<Buffers>) {
      add(piece_of(buffers));
    } else {
      reserve(static_cast<std::size_t>(std::ranges::distance(buffers)));
      for (auto&& buffer : buffers) add(piece_of(buffer));
    }
  }

  /// The number of bytes that remain.
  std::size_t left() const noexcept { return left_; }

  /// The remaining memory if it is one piece; otherwise an empty iovec.
  iovec only() const noexcept { return count_ - first_ == 1 ? begin()[first_] : iovec{}; }

  /// The longest prefix of the remaining pieces that has at most `most` bytes and that one system call
  /// accepts. It is valid until the next call. The pieces behind it are not modified.
  std::span<iovec> next(std::size_t most) noexcept;

  /// Removes `done` bytes from the front of what the last `next` returned.
  void consume(std::size_t done) noexcept;

 private:
  static constexpr std::size_t inside = 2;

  void reserve(std::size_t count);
  void add(iovec piece) noexcept;

  iovec* begin() noexcept { return more_ ? more_.get() : few_.data(); }
  iovec const* begin() const noexcept { return more_ ? more_.get() : few_.data(); }

  std::array<iovec, inside> few_{};
  std::unique_ptr<iovec[]> more_;
  std::size_t left_ = 0;
  std::uint32_t count_ = 0;  // number of pieces
  std::uint32_t first_ = 0;  // the first that remains
  // The piece that `next` shortened, and its real length; cut_ == count_ if none.
  std::uint32_t cut_ = 0;
  std::size_t cut_length_ = 0;
};

}  // namespace trivium
