// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/asio/error.hpp>
#include <optional>
#include <trivium/connecting.hpp>

#include "errno.hpp"
#include "lookup.hpp"
#include "race.hpp"

namespace trivium {

struct connecting::state {
  std::string host, service;
  connect_options how;
  std::optional<lookup> names;
  std::optional<race> attempts;
};

connecting::connecting(std::string_view host, trivium::service const& at, limits const& ends_it,
                       connect_options const& how)
    : turning{time_and_stop(ends_it)}, state_{std::make_unique<state>()} {
  state_->host = without_brackets(host);
  state_->service = at.text();
  state_->how = how;
  if (how.attempts != nullptr) how.attempts->clear();
}

connecting::connecting(endpoint const& to, limits const& ends_it, connect_options const& how)
    : turning{time_and_stop(ends_it)}, state_{std::make_unique<state>()} {
  if (how.attempts != nullptr) how.attempts->clear();
  state_->attempts.emplace(std::vector{to}, how);
}

connecting::~connecting() = default;
connecting::connecting(connecting&&) noexcept = default;

trivium::result<socket> connecting::take() noexcept {
  auto attempts = std::exchange(state_->attempts, std::nullopt);  // closes all but the winner
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
              .waits_for = {state_->names->descriptor(), wants::direction::readable},
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

}  // namespace trivium
