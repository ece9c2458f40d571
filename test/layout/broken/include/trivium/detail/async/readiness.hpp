// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

inline void ask(descriptor& one) { one.async_wait(readable, done); }

namespace trivium {
namespace detail {
bool ready();
}  // namespace detail
template <class Until>
void wait(Until const& until) {
  until();
}
}  // namespace trivium
