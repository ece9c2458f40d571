// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

inline void ask(descriptor& one) { one.async_wait(readable, done); }

namespace trivium {
bool ready();
}  // namespace trivium
