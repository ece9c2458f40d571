// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "lookup.hpp"

#include <sys/eventfd.h>

#include <atomic>
#include <boost/asio/error.hpp>
#include <system_error>
#include <thread>
#include <trivium/socket.hpp>

#include "system.hpp"

namespace trivium {
namespace {

error_code lookup_error(int code) noexcept {
  namespace asio_error = boost::asio::error;
  switch (code) {
    case EAI_AGAIN:
      return asio_error::host_not_found_try_again;
    case EAI_BADFLAGS:
      return asio_error::invalid_argument;
    case EAI_FAIL:
      return asio_error::no_recovery;
    case EAI_FAMILY:
      return asio_error::address_family_not_supported;
    case EAI_MEMORY:
      return asio_error::no_memory;
    case EAI_NONAME:
    case EAI_ADDRFAMILY:
    case EAI_NODATA:
      return asio_error::host_not_found;
    case EAI_SERVICE:
      return asio_error::service_not_found;
    case EAI_SYSTEM:
      return last_error();
    default:
      return asio_error::no_recovery;
  }
}

result<std::vector<endpoint>> ask(std::string const& host, std::string const& service, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  if (int const code = system().getaddrinfo(host.c_str(), service.c_str(), &hints, &first); code != 0)
    return lookup_error(code);
  std::vector<endpoint> found;
  for (auto const* each = first; each != nullptr; each = each->ai_next)
    found.emplace_back(each->ai_addr, each->ai_addrlen);
  system().freeaddrinfo(first);
  return found;
}

// getaddrinfo takes for a port whatever strtoul takes, with a sign and blanks in front, and drops what does
// not fit into 16 bits.
bool no_port(std::string const& service) noexcept {
  if (service.empty()) return true;  // getaddrinfo takes it for port 0
  if (std::string_view{"+- \t\n\v\f\r"}.find(service.front()) != std::string_view::npos) return true;
  bool const number = service.find_first_not_of("0123456789") == std::string::npos;
  return number && (service.size() > 9 || std::stoul(service) > 65535);
}

// It would look up what stands before a zero byte: another name than the one that was asked for.
bool is_cut(std::string const& name) noexcept {
  return name.find('\0') != std::string::npos;
}

}  // namespace

struct lookup::answer {
  std::atomic<bool> done{false};  // released after `found` is written
  result<std::vector<endpoint>> found{std::vector<endpoint>{}};
  socket event;  // readable when done; a socket only in that it closes its descriptor

  void set(result<std::vector<endpoint>> what) noexcept {
    found = std::move(what);
    done.store(true, std::memory_order_release);
    if (!event.is_open()) return;
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const written = system().write(event.native_handle(), &one, sizeof one);
  }
};

lookup::lookup(std::string host, std::string service) : answer_{std::make_shared<answer>()} {
  if (is_cut(host)) {
    answer_->set(error_code{boost::asio::error::host_not_found});
    return;
  }
  if (no_port(service) || is_cut(service)) {
    answer_->set(error_code{boost::asio::error::service_not_found});
    return;
  }
  auto numeric = ask(host, service, AI_NUMERICHOST);
  if (numeric || numeric.error() != boost::asio::error::host_not_found) {
    answer_->set(std::move(numeric));
    return;
  }

  answer_->event = socket{system().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!answer_->event.is_open()) {
    answer_->set(last_error());
    return;
  }
  // The thread takes no signals: the program's handlers belong into the program's threads.
  sigset_t all, before;
  ::sigfillset(&all);
  system().signal_mask(SIG_SETMASK, &all, &before);
  try {
    std::thread{[owned = answer_, host = std::move(host), service = std::move(service)] {
      try {
        owned->set(ask(host, service, 0));
      } catch (std::bad_alloc const&) {
        owned->set(error_code{ENOMEM, boost::system::system_category()});
      }
    }}.detach();
  } catch (std::system_error const& no_thread) {
    answer_->set(error_code{no_thread.code().value(), boost::system::system_category()});
  }
  system().signal_mask(SIG_SETMASK, &before, nullptr);
}

lookup::~lookup() = default;
lookup::lookup(lookup&&) noexcept = default;

bool lookup::done() const noexcept {
  return answer_->done.load(std::memory_order_acquire);
}
int lookup::descriptor() const noexcept {
  return answer_->event.native_handle();
}
result<std::vector<endpoint>> lookup::take() {
  return std::move(answer_->found);
}

}  // namespace trivium
