// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "result_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "json.hpp"

namespace trivium::bench {

namespace {

[[noreturn]] void refuse(std::string const& path, std::system_error const& problem) {
  throw std::invalid_argument("the result cannot be written to " + path + ": " + problem.code().message() +
                              "; --json says where it goes");
}

[[noreturn]] void throw_errno() {
  throw std::system_error(errno, std::generic_category());
}

/// And closes it: some file systems say only then that there is no room.
void write_all(descriptor file, std::string_view text) {
  while (!text.empty()) {
    auto const n = ::write(file.get(), text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      throw_errno();
    }
  }
  if (::close(file.release()) != 0) throw_errno();
}

}  // namespace

result_file::result_file(std::string path)
    : path_(std::move(path)), beside_(path_ + "." + std::to_string(::getpid()) + ".part") {
  try {
    find();
  } catch (std::system_error const& problem) {
    refuse(path_, problem);
  }
}

result_file::result_file(new_folder const& in) : result_file(in.path + "/result.json") {
  made_folder_ = true;
}

result_file result_file::in_new_folder(std::string const& called) {
  auto name = called;
  try {
    std::filesystem::create_directories(std::filesystem::path(called).parent_path());
    // Only the one that makes it has it: another run may have begun in the same second.
    for (auto n = 2; !std::filesystem::create_directory(name); ++n) name = called + "-" + std::to_string(n);
  } catch (std::system_error const& problem) {
    refuse(name, problem);
  }
  return result_file(new_folder{name});
}

result_file::~result_file() {
  std::error_code ignored;
  if (made_folder_) std::filesystem::remove(std::filesystem::path(path_).parent_path(), ignored);
}

void result_file::make_folder() {
  auto const folder = std::filesystem::path(path_).parent_path();
  if (!folder.empty() && std::filesystem::create_directories(folder)) made_folder_ = true;
}

void result_file::find() {
  make_folder();
  there_ = descriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  if (there_.get() >= 0) return;
  // Tried and not left there: whoever ends this program before there is a result shall find no empty one.
  if (errno == ENOENT && open_beside().get() >= 0 && ::unlink(beside_.c_str()) == 0) return;
  auto const error = errno;
  std::error_code ignored;
  if (made_folder_) std::filesystem::remove(std::filesystem::path(path_).parent_path(), ignored);
  made_folder_ = false;
  throw std::system_error(error, std::generic_category());
}

descriptor result_file::open_beside() const {
  return descriptor(::open(beside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
}

/// Whether it was done; if not, nothing is changed. Throws where the text has no room.
bool result_file::replace(std::string_view text) const {
  // Only a plain file of this user's own, under one name. Anything else would become another thing: a link
  // would be cut, and what was another user's would be no longer.
  struct stat about {};
  auto const old = ::lstat(path_.c_str(), &about) == 0;
  if (old && (!S_ISREG(about.st_mode) || about.st_nlink != 1 || about.st_uid != ::geteuid())) return false;
  auto file = open_beside();
  if (file.get() < 0) return false;
  if (old) (void)::fchmod(file.get(), about.st_mode & 0777);
  try {
    write_all(std::move(file), text);
  } catch (std::system_error const&) {
    ::unlink(beside_.c_str());
    throw;
  }
  if (::rename(beside_.c_str(), path_.c_str()) == 0) return true;
  ::unlink(beside_.c_str());  // a file that a container was given by itself cannot be replaced
  return false;
}

void result_file::overwrite(std::string_view text) {
  if (there_.get() < 0) there_ = descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  struct stat about {};
  if (::fstat(there_.get(), &about) != 0) throw_errno();
  if (S_ISREG(about.st_mode) && ::ftruncate(there_.get(), 0) != 0) throw_errno();
  write_all(std::move(there_), text);
}

void result_file::write(result const& all) {
  auto const text = to_text(all);
  try {
    make_folder();  // it may have been removed while we measured
    if (!replace(text)) overwrite(text);
    made_folder_ = false;
  } catch (std::system_error const& problem) {
    throw std::system_error(problem.code(), "the result was not written to " + path_);
  }
}

result read_result(std::string const& path) {
  auto const refused = [&](std::string const& why) { return std::invalid_argument(path + " " + why); };
  std::string text;
  descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  for (std::string piece(std::size_t{1} << 16, '\0');;) {
    auto const n = file.get() < 0 ? -1 : ::read(file.get(), piece.data(), piece.size());
    if (n == 0) break;
    if (n < 0 && errno == EINTR && file.get() >= 0) continue;
    if (n < 0) {
      throw refused("cannot be read: " + std::generic_category().message(errno) +
                    "; 'report' takes the file that 'run --json' wrote");
    }
    text.append(piece, 0, static_cast<std::size_t>(n));
    constexpr auto most = std::size_t{1} << 26;
    if (text.size() > most)
      throw refused("is larger than any result; 'report' takes the file that 'run --json' wrote");
  }
  try {
    return from_text(text);
  } catch (std::runtime_error const& problem) {
    throw refused(problem.what());
  }
}

}  // namespace trivium::bench
