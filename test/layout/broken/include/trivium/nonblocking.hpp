// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/asio/ip/tcp.hpp>

inline void wait_here(socket& one) { one.async_wait(ready, [] {}); }
#include <boost/beast/core/role.hpp>
