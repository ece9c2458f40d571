// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/transfer.hpp>

#include "../../bench/steps/step.hpp"

ssize_t attempt(int to) { return ::send(to, nullptr, 0, 0); }
time_point now() { return std::chrono::steady_clock::now(); }
std::jthread helper{[] {}};
void log() { std::cerr << "attempt\n"; }
void fine() { table.send(1); trivium::send(1); }
