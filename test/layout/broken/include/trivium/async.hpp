// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

inline void send(stream& to) { to.async_write_some(bytes, done); }
boost::asio::posix::stream_descriptor elsewhere{executor, 3};
