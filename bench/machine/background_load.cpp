// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "background_load.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <sstream>

namespace trivium::bench {

namespace {

// Several times what an idle system uses, and less than any build or browser.
constexpr auto least_to_name = 0.1;

double a_tick() {
  return 1 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// /proc/<process>/stat, from its third field on; the second, the name, may hold anything.
std::vector<std::string> fields_after_name(std::string const& text) {
  auto const end = text.rfind(')');
  std::vector<std::string> fields;
  if (end == std::string::npos) return fields;
  std::istringstream words(text.substr(end + 1));
  for (std::string each; words >> each;) fields.push_back(each);
  return fields;
}

std::string name_in(std::string const& text) {
  auto const begin = text.find('(');
  auto const end = text.rfind(')');
  return begin == std::string::npos || end == std::string::npos ? ""
                                                                : text.substr(begin + 1, end - begin - 1);
}

}  // namespace

load_sample load_sample::now() {
  load_sample taken;
  taken.at_ = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  std::ifstream machine("/proc/stat");
  std::string name;
  double part[8] = {};  // user nice system idle iowait irq softirq steal
  machine >> name;
  for (auto& each : part) {
    machine >> each;
    taken.all_ += each * a_tick();
  }
  taken.steal_ = part[7] * a_tick();
  taken.busy_ = taken.all_ - (part[3] + part[4]) * a_tick() - taken.steal_;

  auto* const folder = ::opendir("/proc");
  if (folder == nullptr) return taken;
  while (auto const* const each = ::readdir(folder)) {
    std::string_view const entry = each->d_name;
    int number = 0;
    if (std::from_chars(entry.data(), entry.data() + entry.size(), number).ptr !=
        entry.data() + entry.size()) {
      continue;
    }
    std::ifstream file("/proc/" + std::string(entry) + "/stat");
    std::string text;
    std::getline(file, text);
    auto const fields = fields_after_name(text);
    constexpr std::size_t parent = 1;
    constexpr std::size_t user = 11;  // then system, and the same of children that have ended
    constexpr std::size_t last_processor = 36;
    if (fields.size() <= last_processor) continue;
    auto const seconds = [&](std::size_t at) { return std::stod(fields[at]) * a_tick(); };
    auto const used = seconds(user) + seconds(user + 1);
    auto const own = number == ::getpid() || fields[parent] == std::to_string(::getpid());
    if (number == ::getpid()) taken.own_ = used + seconds(user + 2) + seconds(user + 3);
    taken.processes_[number] = {
        .name = name_in(text), .used = used, .processor = std::stoi(fields[last_processor]), .own = own};
  }
  ::closedir(folder);
  return taken;
}

background_load load_sample::since(load_sample const& before) const {
  background_load found;
  found.seconds = at_ - before.at_;
  if (found.seconds <= 0) return found;
  found.busy = std::max(0.0, (busy_ - before.busy_ - (own_ - before.own_)) / found.seconds);
  if (all_ > before.all_) found.steal = (steal_ - before.steal_) / (all_ - before.all_);
  for (auto const& [number, each] : processes_) {
    if (each.own) continue;
    auto const earlier = before.processes_.find(number);
    auto const used = each.used - (earlier == before.processes_.end() ? 0 : earlier->second.used);
    if (used / found.seconds < least_to_name) continue;
    found.neighbours.push_back(
        {.process = number, .name = each.name, .busy = used / found.seconds, .processor = each.processor});
  }
  std::sort(found.neighbours.begin(), found.neighbours.end(),
            [](neighbour const& a, neighbour const& b) { return a.busy > b.busy; });
  return found;
}

std::string sentence(neighbour const& one) {
  return fmt::format("{} (process {}) uses {:.2f} of a processor, last seen on processor {}", one.name,
                     one.process, one.busy, one.processor);
}

}  // namespace trivium::bench
