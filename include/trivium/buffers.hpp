// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What the verbs accept as memory, and the pieces that it becomes.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>
#include <vector>

namespace trivium {

/// One piece of memory: an Asio buffer (`data()` is a void pointer, `size()` in bytes), or a contiguous
/// range of trivially copyable elements: std::string, std::span, std::vector<int>, std::array.
template <class Buffer>
concept untyped_buffer = requires(Buffer const& buffer) {
  { buffer.size() } -> std::convertible_to<std::size_t>;
  requires std::is_void_v<std::remove_pointer_t<decltype(buffer.data())>>;
};

template <class Buffer>
concept element_range = std::ranges::contiguous_range<Buffer> && std::ranges::sized_range<Buffer> &&
                        std::is_trivially_copyable_v<std::ranges::range_value_t<Buffer>> &&
                        !untyped_buffer<std::ranges::range_value_t<Buffer>> &&
                        !std::ranges::range<std::ranges::range_value_t<Buffer>>;

template <class Buffer>
concept single_buffer = untyped_buffer<std::remove_cvref_t<Buffer>> || element_range<Buffer>;

/// A range of such pieces, as Asio's buffer sequences are.
template <class Buffers>
concept buffer_sequence =
    std::ranges::input_range<Buffers> && single_buffer<std::ranges::range_reference_t<Buffers>>;

/// Memory that can be sent. (A character array is refused: its terminating zero would be sent with it.)
template <class Buffers>
concept readable_memory = (single_buffer<Buffers> || buffer_sequence<Buffers>)&&!(
    std::is_array_v<std::remove_reference_t<Buffers>> &&
    std::is_same_v<std::remove_cv_t<std::remove_all_extents_t<std::remove_reference_t<Buffers>>>, char>);

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

/// Memory that outlives the full expression: an lvalue, a view, an Asio buffer. A temporary container does
/// not.
template <class Buffers>
concept lasting_memory = std::is_lvalue_reference_v<Buffers&&> || untyped_buffer<Buffers> ||
    std::ranges::borrowed_range<Buffers> || std::ranges::view<Buffers> || buffer_sequence<Buffers>;

/// A copy of a buffer sequence, and how much of it is left. It owns no bytes. Up to four pieces lie inside;
/// more take one allocation.
class pieces {
 public:
  pieces() noexcept = default;

  template <class Buffers>
  requires single_buffer<Buffers> || buffer_sequence<Buffers>
  explicit pieces(Buffers&& buffers) {
    if constexpr (single_buffer<Buffers>)
      add(buffers);
    else
      for (auto&& buffer : buffers) add(buffer);
  }

  std::size_t left() const noexcept { return left_; }

  /// The longest run of what is left that is at most `most` bytes and that one system call takes. It is valid
  /// until the next call; the pieces past it are not touched.
  std::span<iovec> next(std::size_t most) noexcept;

  /// What the last `next` offered is `done` bytes shorter.
  void consume(std::size_t done) noexcept;

 private:
  static constexpr std::size_t inside = 4;

  template <class Buffer>
  void add(Buffer&& buffer) {
    if constexpr (untyped_buffer<std::remove_cvref_t<Buffer>>)
      add(buffer.data(), buffer.size());
    else
      add(std::ranges::data(buffer), std::ranges::size(buffer) * sizeof(std::ranges::range_value_t<Buffer>));
  }
  void add(void const* data, std::size_t size);

  iovec* begin() noexcept { return more_.empty() ? few_.data() : more_.data(); }

  std::array<iovec, inside> few_{};
  std::vector<iovec> more_;
  std::size_t count_ = 0;  // pieces in all
  std::size_t first_ = 0;  // the first that is not done
  std::size_t left_ = 0;
  // The piece that `next` cut short, and its true length; cut_ == count_ if none.
  std::size_t cut_ = 0;
  std::size_t cut_length_ = 0;
};

}  // namespace trivium
