// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <trivium/connecting.hpp>
#include <vector>

#include "errno.hpp"
#include "lookup.hpp"
#include "system.hpp"

namespace trivium {

struct connecting::state {
  std::optional<lookup> names;
  std::string host, service;
  std::vector<endpoint> to;
  std::size_t next = 0;  // the address after the one under way
  socket under_way;
  std::chrono::nanoseconds backlog_pause{};
};

connecting::connecting(std::string host, std::string service, limits const& ends_it)
    : turning{time_and_stop(ends_it)}, state_{std::make_unique<state>()} {
  state_->host = std::move(host);
  state_->service = std::move(service);
}

connecting::connecting(endpoint const& to, limits const& ends_it)
    : turning{time_and_stop(ends_it)}, state_{std::make_unique<state>()} {
  state_->to.push_back(to);
}

connecting::~connecting() = default;
connecting::connecting(connecting&&) noexcept = default;

trivium::result<socket> connecting::take() noexcept {
  if (result_.error) {
    state_->under_way.close();
    return result_.error;
  }
  return std::move(state_->under_way);
}

attempt connecting::step(std::size_t) noexcept {
  if (state_->to.empty()) {
    if (auto const waiting = resolve(); waiting.what != attempt::outcome::done) return waiting;
  }
  if (!state_->under_way.is_open()) return try_next();

  // Asked again, connect tells how it stands: connected, EALREADY, or the reason why not.
  auto const& to = state_->to[state_->next - 1];
  return answered(system().connect(state_->under_way.native_handle(), to.data(), to.size()) == 0 ? 0 : errno);
}

attempt connecting::resolve() noexcept {
  try {
    if (!state_->names) state_->names.emplace(std::move(state_->host), std::move(state_->service));
    if (!state_->names->done())
      return {.what = attempt::outcome::would_block,
              .waits_for = {state_->names->descriptor(), wants::direction::readable},
              .calls = 0};
    auto found = state_->names->take();
    state_->names.reset();
    if (!found) return failed(found.error());
    state_->to = std::move(*found);
    return {.what = attempt::outcome::done, .calls = 0};
  } catch (std::bad_alloc const&) {
    return failed({ENOMEM, boost::system::system_category()});
  }
}

attempt connecting::try_next() noexcept {
  auto const& to = state_->to[state_->next++];
  state_->under_way = socket{system().socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!state_->under_way.is_open()) return answered(errno);
  return answered(system().connect(state_->under_way.native_handle(), to.data(), to.size()) == 0 ? 0 : errno);
}

attempt connecting::answered(int code) noexcept {
  using namespace std::chrono_literals;
  auto const fd = state_->under_way.native_handle();
  switch (code) {
    case 0:
    case EISCONN:
      return connected();
    case EINTR:
      return {.what = attempt::outcome::again};
    case EINPROGRESS:
    case EALREADY:
      return {.what = attempt::outcome::would_block, .waits_for = {fd, wants::direction::writable}};
    case EAGAIN: {
      // A Unix listener's backlog is full. No event tells when it is not: only trying again does. (For TCP
      // this code means that no local port is left, which waiting does not mend.)
      if (state_->to[state_->next - 1].family() != AF_UNIX) break;
      state_->backlog_pause = std::clamp<std::chrono::nanoseconds>(state_->backlog_pause * 2, 1ms, 20ms);
      return {.what = attempt::outcome::would_block, .look_again = state_->backlog_pause};
    }
    default:
      break;
  }
  state_->under_way.close();
  if (state_->next < state_->to.size()) return {.what = attempt::outcome::again};
  return {.what = attempt::outcome::failed, .error = {code, boost::system::system_category()}};
}

attempt connecting::connected() noexcept {
  // The connection is as blocking as the system makes sockets; no way depends on it.
  auto const fd = state_->under_way.native_handle();
  int const flags = system().get_flags(fd);
  if (flags < 0 || system().set_flags(fd, flags & ~O_NONBLOCK) < 0) return failed(last_error());
  return {.what = attempt::outcome::done};
}

}  // namespace trivium
