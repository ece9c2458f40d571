// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "lookup.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/error.hpp>
#include <list>
#include <mutex>
#include <new>
#include <optional>

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
      // EAGAIN as the error of a connect would mean would_block.
      return errno == EAGAIN ? error_code{asio_error::host_not_found_try_again} : last_error();
    default:
      return asio_error::no_recovery;
  }
}

// The resource that the process has run out of, if any. Without a descriptor for its files and sockets
// getaddrinfo reports that the name, or the service, does not exist.
error_code shortage() noexcept {
  if (auto const error = last_error(); out_of_resources(error)) return error;
  socket needed[4];
  for (auto& each : needed) {
    each = socket{system().eventfd(0, EFD_CLOEXEC)};
    if (!each.is_open()) return last_error();
  }
  return {};
}

struct frees {
  void operator()(addrinfo* list) const noexcept { system().freeaddrinfo(list); }
};

result<std::vector<endpoint>> ask(std::string const& host, std::string const& service, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  errno = 0;
  if (int const code = system().getaddrinfo(host.c_str(), service.c_str(), &hints, &first); code != 0) {
    auto const error = lookup_error(code);
    bool const names_no_address = code == EAI_NONAME && (flags & AI_NUMERICHOST) != 0;
    if (auto const ran_short = names_no_address ? error_code{} : shortage()) return ran_short;
    return error;
  }
  std::unique_ptr<addrinfo, frees> const list{first};
  std::vector<endpoint> found;
  for (auto const* each = first; each != nullptr; each = each->ai_next)
    found.emplace_back(each->ai_addr, each->ai_addrlen);
  return found;
}

// getaddrinfo accepts as a port whatever strtoul accepts, including leading blanks and a sign, and drops what
// does not fit into 16 bits.
bool no_port(std::string const& service) noexcept {
  if (service.empty()) return true;  // getaddrinfo reads it as port 0
  if (std::string_view{"+- \t\n\v\f\r"}.find(service.front()) != std::string_view::npos) return true;
  bool const number = service.find_first_not_of("0123456789") == std::string::npos;
  return number && (service.size() > 9 || std::stoul(service) > 65535);
}

// getaddrinfo would look up only what precedes a zero byte, which is another name than the requested one.
bool is_cut(std::string const& name) noexcept {
  return name.find('\0') != std::string::npos;
}

// The result where it is known without a look-up in a thread; no value otherwise.
std::optional<result<std::vector<endpoint>>> known_at_once(std::string const& host,
                                                           std::string const& service) {
  if (is_cut(host)) return error_code{boost::asio::error::host_not_found};
  if (no_port(service) || is_cut(service)) return error_code{boost::asio::error::service_not_found};
  auto numeric = ask(host, service, AI_NUMERICHOST);
  if (numeric || numeric.error() != boost::asio::error::host_not_found) return numeric;
  return {};
}

}  // namespace

// One look-up. All lookup objects that request the same name while it is under way share it.
struct lookup::question {
  question(std::string of_host, std::string of_service) noexcept
      : host{std::move(of_host)}, service{std::move(of_service)} {}

  void answer(result<std::vector<endpoint>> what) noexcept {
    found = std::move(what);
    done.store(true, std::memory_order_release);
  }

  std::string const host, service;
  bool begun = false;             // a thread has taken it
  std::vector<lookup*> asked_by;  // the objects that wait for it

  std::atomic<bool> done{false};  // released after `found` is written
  result<std::vector<endpoint>> found{std::vector<endpoint>{}};
};

// The look-ups that need a thread, and these threads.
class lookup::desk {
 public:
  // Never destroyed: its threads may outlive main().
  static desk& instance() {
    static desk& only = *new desk;
    return only;
  }

  // Joins a look-up of the same name, or queues a new one. Requires: the event of `who` is open. If no thread
  // can be started for it, it is answered with errc::no_thread.
  void ask(lookup& who, std::string host, std::string service) {
    std::lock_guard const lock{mutex_};
    auto const same = std::find_if(open_.begin(), open_.end(), [&](auto const& each) {
      return each->host == host && each->service == service;
    });
    if (same != open_.end()) {
      (*same)->asked_by.push_back(&who);
      who.question_ = *same;
      return;
    }
    who.question_ = std::make_shared<question>(std::move(host), std::move(service));
    who.question_->asked_by.push_back(&who);
    open_.push_back(who.question_);
    if (threads_ == threads_max || start_thread()) return;
    open_.pop_back();
    who.question_->answer(error_code{errc::no_thread});
  }

  void leave(lookup& who) noexcept {
    std::lock_guard const lock{mutex_};
    auto& by = who.question_->asked_by;
    by.erase(std::remove(by.begin(), by.end(), &who), by.end());
    if (by.empty() && !who.question_->begun) open_.remove(who.question_);
  }

 private:
  desk() {
    int const code = ::pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                                      [] { instance().begin_in_child(); });
    if (code != 0) throw std::bad_alloc{};
  }

  bool start_thread() noexcept {
    // The thread blocks all signals, so that the program's signal handlers run in the program's own threads.
    sigset_t all, before;
    ::sigfillset(&all);
    system().signal_mask(SIG_SETMASK, &all, &before);
    bool const started = system().start_thread(&work) == 0;
    system().signal_mask(SIG_SETMASK, &before, nullptr);
    threads_ += started;
    return started;
  }

  static void* work(void*) noexcept {
    for (auto& here = instance(); auto const next = here.take_next();) here.answer(*next, ask_system(*next));
    return nullptr;
  }
  static result<std::vector<endpoint>> ask_system(question const& what) noexcept {
    try {
      return trivium::ask(what.host, what.service, 0);
    } catch (std::bad_alloc const&) {
      return error_code{ENOMEM, boost::system::system_category()};
    }
  }

  // Null if no question is left to begin; the thread then ends.
  std::shared_ptr<question> take_next() noexcept {
    std::lock_guard const lock{mutex_};
    auto const next = std::find_if(open_.begin(), open_.end(), [](auto const& each) { return !each->begun; });
    if (next == open_.end()) {
      --threads_;
      return {};
    }
    (*next)->begun = true;
    return *next;
  }

  void answer(question& what, result<std::vector<endpoint>> found) noexcept {
    std::lock_guard const lock{mutex_};
    open_.remove_if([&](auto const& each) { return each.get() == &what; });
    what.answer(std::move(found));
    for (auto* const each : what.asked_by) {
      std::uint64_t const one = 1;
      [[maybe_unused]] auto const written = system().write(each->descriptor(), &one, sizeof one);
    }
  }

  // The child shares each eventfd with its parent. Each is replaced by a new one that is already signalled.
  // It keeps the same number, because an event loop may have registered that number.
  void begin_in_child() noexcept {
    for (auto const& each : open_) {
      each->answer(error_code{boost::asio::error::host_not_found_try_again});
      for (auto* const who : each->asked_by) {
        socket const come{system().eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
        if (come.is_open()) system().dup3(come.native_handle(), who->descriptor(), O_CLOEXEC);
      }
    }
    open_.clear();
    threads_ = 0;
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::list<std::shared_ptr<question>> open_;  // unanswered, in the order of the requests
  unsigned threads_ = 0;
};

lookup::lookup(std::string host, std::string service) {
  auto known = known_at_once(host, service);
  if (!known) {
    event_ = socket{system().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (event_.is_open()) {
      desk::instance().ask(*this, std::move(host), std::move(service));
      return;
    }
    known = last_error();
  }
  question_ = std::make_shared<question>(std::string{}, std::string{});
  question_->answer(std::move(*known));
}

lookup::~lookup() {
  if (event_.is_open()) desk::instance().leave(*this);
}

bool lookup::done() const noexcept {
  return question_->done.load(std::memory_order_acquire);
}
result<std::vector<endpoint>> const& lookup::found() const noexcept {
  return question_->found;
}

}  // namespace trivium
