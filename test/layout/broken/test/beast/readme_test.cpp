// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// README begins here
int shown() { return 2; }
// README ends here
