// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A public header leads to a private one. The comments speak of ::send(), and that is no call.
#include "../../../lib/system.hpp"
#include <trivium/limits.hpp>
