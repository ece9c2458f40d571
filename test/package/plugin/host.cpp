// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A program that has nothing of trivium but two plugins, each with a copy of its own: it ends with 0 if both
// work, and if the errors of the one equal the same errors of the other, and no others.
#include <dlfcn.h>

#include <cstddef>
#include <iostream>

#include "plugin.hpp"

namespace {

plugin const* load(char const* path) {
  void* const object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void* const found = object != nullptr ? dlsym(object, "the_plugin") : nullptr;
  if (found == nullptr) std::cerr << path << ": " << dlerror() << '\n';
  return static_cast<plugin const*>(found);
}

bool agree(plugin const& one, plugin const& other) {
  auto const ours = one.errors(), theirs = other.errors();
  bool good = ours.size() == theirs.size() && ours.size() >= 8;
  for (std::size_t i = 0; good && i < ours.size(); ++i) {
    if (&ours[i].category() == &theirs[i].category()) {
      std::cerr << ours[i].to_string() << ": the plugins share one copy of trivium, and show nothing\n";
      return false;
    }
    for (std::size_t j = 0; j < theirs.size(); ++j)
      if ((ours[i] == theirs[j]) != (i == j)) {
        std::cerr << ours[i].to_string() << (i == j ? " is not " : " is ") << theirs[j].to_string() << '\n';
        good = false;
      }
    good = good && hash_value(ours[i]) == hash_value(theirs[i]) && ours[i].message() == theirs[i].message();
  }
  return good;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  auto const one = load(arguments[1]), other = load(arguments[2]);
  if (one == nullptr || other == nullptr) return 1;
  if (!one->works() || !other->works()) {
    std::cerr << "a plugin's bytes did not arrive\n";
    return 1;
  }
  if (!agree(*one, *other)) {
    std::cerr << "the errors of two copies of trivium differ\n";
    return 1;
  }
  return 0;
}
