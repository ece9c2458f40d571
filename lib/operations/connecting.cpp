// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <fcntl.h>
#include <poll.h>

#include <boost/asio/error.hpp>
#include <optional>
#include <trivium/operations/connecting.hpp>

#include "errno.hpp"
#include "lookup.hpp"
#include "operations/race.hpp"
#include "system.hpp"

namespace trivium {

struct connecting::state {
  std::string host, service;
  connect_options how;
  std::optional<lookup> names;
  std::optional<race> attempts;
};

connecting::connecting(std::string_view host, trivium::service const& at, limits const& within,
                       connect_options const& how)
    : operation{time_and_stop(within)}, state_{std::make_unique<state>()} {
  state_->host = without_brackets(host);
  state_->service = at.text();
  state_->how = how;
  if (how.attempts != nullptr) how.attempts->clear();
}

connecting::connecting(endpoint const& to, limits const& within, connect_options const& how)
    : operation{time_and_stop(within)}, state_{std::make_unique<state>()} {
  if (how.attempts != nullptr) how.attempts->clear();
  state_->attempts.emplace(std::vector{to}, how);
}

connecting::~connecting() = default;
connecting::connecting(connecting&&) noexcept = default;

trivium::result<socket> connecting::take() noexcept {
  auto attempts = std::exchange(state_->attempts, std::nullopt);  // closes every attempt but the winner
  state_->names.reset();
  if (result_.error) return result_.error;
  return attempts ? attempts->take() : socket{};
}

attempt connecting::step(std::size_t) noexcept {
  if (!state_->attempts) {
    if (auto const waiting = resolve(); waiting.what != attempt::outcome::done) return waiting;
  }
  return state_->attempts->step();
}

attempt connecting::resolve() noexcept {
  try {
    if (!state_->names) state_->names.emplace(std::move(state_->host), std::move(state_->service));
    if (!state_->names->done())
      return {.what = attempt::outcome::would_block,
              .waits_for = {state_->names->descriptor(), readiness::readable},
              .calls = 0};
    auto found = state_->names->found();
    state_->names.reset();
    if (!found) return failed(found.error());
    if (found->empty()) return failed(boost::asio::error::host_not_found);
    state_->attempts.emplace(std::move(*found), state_->how);
    return {.what = attempt::outcome::done, .calls = 0};
  } catch (std::bad_alloc const&) {
    return failed({ENOMEM, boost::system::system_category()});
  }
}

attempt connecting_open::step(std::size_t) noexcept {
  if (!under_way_) {
    int const flags = system().get_flags(descriptor_);
    if (flags < 0) return failed(last_error());
    was_blocking_ = (flags & O_NONBLOCK) == 0;
    if (was_blocking_ && system().set_flags(descriptor_, flags | O_NONBLOCK) < 0) return failed(last_error());
    under_way_ = true;
  }
  int code = system().connect(descriptor_, to_.data(), to_.size()) == 0 ? 0 : errno;
  if (code == EINTR) return {.what = attempt::outcome::again};
  if (code == EINPROGRESS || code == EALREADY)
    return {.what = attempt::outcome::would_block, .waits_for = {descriptor_, readiness::writable}};
  // The Unix listener's backlog is full. No event reports when it has room again: see race.
  if (code == EAGAIN && to_.family() == AF_UNIX)
    return {.what = attempt::outcome::would_block, .look_again = std::chrono::milliseconds{5}};
  if (was_blocking_) {
    int const flags = system().get_flags(descriptor_);
    if (flags < 0 || system().set_flags(descriptor_, flags & ~O_NONBLOCK) < 0) return failed(last_error());
  }
  if (code != 0) return refused(code, {});
  socket borrowed{descriptor_};
  bool const itself = met_itself(borrowed, to_);
  static_cast<void>(borrowed.release());
  if (itself) {
    // Leaves the socket as a refusal by the kernel would: not connected, and its port free for a listener.
    sockaddr const nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    static_cast<void>(system().connect(descriptor_, &nobody, sizeof nobody));
    return refused(ECONNREFUSED, {});
  }
  return {.what = attempt::outcome::done};
}

attempt waiting::step(std::size_t) noexcept {
  if (for_.descriptor < 0)
    return failed({EBADF, boost::system::system_category()});  // poll ignores a negative descriptor
  pollfd watch{for_.descriptor, for_.poll_events(), 0};
  timespec const at_once{};
  int const ready = system().ppoll(&watch, 1, &at_once, nullptr);
  if (ready < 0) return refused(errno, for_);
  if (ready == 0) return {.what = attempt::outcome::would_block, .waits_for = for_};
  if ((watch.revents & POLLNVAL) != 0) return failed({EBADF, boost::system::system_category()});
  return {.what = attempt::outcome::done};
}

}  // namespace trivium
