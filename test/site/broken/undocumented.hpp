// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// A header of which not all is said.
#pragma once

/// @namespace trivium
/// All of the library.
namespace trivium {

/// Sends what is said in missing_page.
///
/// Errors: see @ref missing_page.
void send_all();
void send_all(int flags);

void receive_all();

/// A socket. Move-only.
class socket {
 public:
  socket(socket&&) = default;
  int native_handle() const;

 private:
  int descriptor_;
};

}  // namespace trivium
