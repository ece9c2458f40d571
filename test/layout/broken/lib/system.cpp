// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "system.hpp"

ssize_t kernel_send(int to) { return ::send(to, nullptr, 0, 0); }
time_point kernel_now() { return std::chrono::steady_clock::now(); }
