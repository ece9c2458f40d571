// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <sys/socket.h>

#include "steps/step.hpp"
#include "ways/posix.hpp"
