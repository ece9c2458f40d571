// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// One way includes another.
#include <trivium/nonblocking.hpp>
