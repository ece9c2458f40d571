// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "launcher.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "infrastructure_error.hpp"
#include "placement.hpp"

namespace trivium::bench {

namespace {

[[noreturn]] void fail(std::string const& what, int error) {
  throw infrastructure_error(what + ": " + std::strerror(error));
}

std::vector<std::string> environment_with(std::optional<std::string> const& preload) {
  constexpr std::string_view name = "LD_PRELOAD=";
  std::vector<std::string> variables;
  std::string others;
  for (auto** each = environ; *each != nullptr; ++each) {
    if (std::string_view const variable = *each; variable.starts_with(name)) {
      others = variable.substr(name.size());
    } else {
      variables.emplace_back(variable);
    }
  }
  if (preload) others = others.empty() ? *preload : *preload + ":" + others;
  if (!others.empty()) variables.push_back(std::string(name) + others);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (auto& each : strings) all.push_back(each.data());
  all.push_back(nullptr);
  return all;
}

// posix_spawn has no attribute for processors, but a child inherits its parent's: so the parent moves for the
// moment.
class moved_meanwhile {
 public:
  explicit moved_meanwhile(std::vector<int> const& to) {
    if (to.empty()) return;
    before_ = processors_allowed();
    if (!move_this_thread(to)) fail("sched_setaffinity", errno);
  }
  moved_meanwhile(moved_meanwhile const&) = delete;
  moved_meanwhile& operator=(moved_meanwhile const&) = delete;
  ~moved_meanwhile() {
    if (!before_.empty()) (void)move_this_thread(before_);
  }

 private:
  std::vector<int> before_;
};

}  // namespace

child::child(std::string called, launch_options const& options)
    : called_(std::move(called)), words_(::memfd_create("last words", MFD_CLOEXEC)), control_(descriptor()) {
  if (words_.get() < 0) fail("memfd_create", errno);
  auto [ours, theirs] = socket_pair();
  control_ = channel(std::move(ours));

  // A signal meant for the terminal's foreground is for the coordinator alone, so the child gets a group of
  // its own.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, words_.get(), 2);
  ::posix_spawn_file_actions_adddup2(&files, theirs.get(), control_descriptor);

  auto variables = environment_with(options.preload);
  auto environment = pointers_to(variables);
  std::vector<std::string> words{options.program, "trial"};
  auto arguments = pointers_to(words);
  int error = 0;
  {
    moved_meanwhile const there(options.processors);
    error = ::posix_spawn(&process_, options.program.c_str(), &files, &attributes, arguments.data(),
                          environment.data());
  }
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    process_ = -1;
    fail("cannot start " + options.program, error);
  }
}

child::~child() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string child::how_it_ended(time_point limit) {
  descriptor const alive(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(limit - clock::now()).count();
  pollfd one{.fd = alive.get(), .events = POLLIN, .revents = 0};
  auto const in_time = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
  if (!in_time) ::kill(process_, SIGKILL);
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  if (!in_time) return "did not end and was killed";
  if (WIFSIGNALED(status)) return std::string("died of ") + ::strsignal(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

std::string child::last_words() const {
  constexpr off_t most = 2000;
  auto const size = std::max<off_t>(::lseek(words_.get(), 0, SEEK_END), 0);
  auto const from = std::max<off_t>(size - most, 0);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  auto const n = ::pread(words_.get(), text.data(), text.size(), from);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string this_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

std::optional<std::string> counting_library() {
  auto const beside = std::filesystem::path(this_program()).parent_path() / "libtrivium-bench-count.so";
  if (!std::filesystem::exists(beside)) return std::nullopt;
  return beside.string();
}

}  // namespace trivium::bench
