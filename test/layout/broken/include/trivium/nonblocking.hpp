// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

inline void wait_here(socket& one) { one.async_wait(ready, [] {}); }
