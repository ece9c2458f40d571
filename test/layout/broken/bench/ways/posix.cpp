// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "posix.hpp"

arm const one{.name = "posix.poll", .sentence = "waits in poll"};
