// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A header of which all is said.
#pragma once

/// @namespace trivium
/// All of the library.
namespace trivium {

/// Sends all.
void send_all();

}  // namespace trivium
