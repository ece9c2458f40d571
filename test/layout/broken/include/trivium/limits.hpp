// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// The vocabulary looks up, and outside.
#include <trivium/operations/transfer.hpp>

#include <boost/asio/buffer.hpp>
