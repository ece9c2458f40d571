// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// What every public header includes first: the language that they need, and what a shared library exports.
// Written by hand, so that the headers are whole without a build.
#pragma once

#if __cplusplus < 202002L
#error "trivium needs C++20: -std=c++20, or target_compile_features(yours PRIVATE cxx_std_20)"
#include <trivium/see_the_error_above>  // there is none: it ends the compilation before errors that say less
#endif

/// `namespace TRIVIUM_EXPORT trivium {` declares what users may link against; all public headers do, and
/// nothing of lib/ does. Whatever links the static library defines TRIVIUM_STATIC (trivium's targets and its
/// .pc file do it), and then its own visibility holds: a plugin that is built with -fvisibility=hidden
/// -fvisibility-inlines-hidden keeps its copy of trivium to itself. (Before a plugin is unloaded, look-ups
/// that were given up must have ended: their threads run its code.)
#ifdef TRIVIUM_STATIC
#define TRIVIUM_EXPORT
#else
#define TRIVIUM_EXPORT [[gnu::visibility("default")]]
#endif
