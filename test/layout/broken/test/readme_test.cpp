// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// page begins here
int shown() { return 2; }
// page ends here

namespace {
  // page begins here
  int the_same() { return 1; }
  // page ends here
}
