// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Included first by every public header: the required language version, and the visibility of symbols in a
// shared library. This file is not generated, so the headers are complete without a build.
#pragma once

#if __cplusplus < 202002L
#error "trivium needs C++20: -std=c++20, or target_compile_features(yours PRIVATE cxx_std_20)"
#include <trivium/see_the_error_above>  // does not exist: ends the compilation before less helpful errors
#endif

/// `namespace TRIVIUM_EXPORT trivium {` declares what programs may link to. All public headers use it,
/// nothing in lib/ does.
///
/// Programs that link the static library define TRIVIUM_STATIC (trivium's targets and its .pc file do so).
/// The program's own visibility settings then apply: a plugin that is built with -fvisibility=hidden
/// -fvisibility-inlines-hidden does not export its copy of trivium. (Before a plugin is unloaded, abandoned
/// look-ups must have ended: their threads run its code.)
#ifdef TRIVIUM_STATIC
#define TRIVIUM_EXPORT
#else
#define TRIVIUM_EXPORT [[gnu::visibility("default")]]
#endif
