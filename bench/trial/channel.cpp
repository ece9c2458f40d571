// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "channel.hpp"

#include <sys/socket.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <system_error>

namespace trivium::bench {

void channel::send(boost::json::object const& message) {
  auto line = boost::json::serialize(message);
  line += '\n';
  std::string_view left = line;
  while (!left.empty()) {
    auto const n = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "control channel");
    left.remove_prefix(static_cast<std::size_t>(n));
  }
}

channel::heard channel::listen(boost::json::object& message) {
  if (take_line(message)) return heard::message;
  for (;;) {
    char piece[4096];
    auto const n = ::recv(socket_.get(), piece, sizeof piece, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return heard::nothing_yet;
    if (n <= 0) return heard::hung_up;
    pending_.append(piece, static_cast<std::size_t>(n));
    if (take_line(message)) return heard::message;
  }
}

bool channel::take_line(boost::json::object& message) {
  auto const end = pending_.find('\n');
  if (end == std::string::npos) return false;
  message = boost::json::parse(std::string_view(pending_).substr(0, end)).as_object();
  pending_.erase(0, end + 1);
  return true;
}

}  // namespace trivium::bench
