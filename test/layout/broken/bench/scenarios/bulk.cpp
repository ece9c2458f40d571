// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "bulk.hpp"

scenario const one{.name = "bulk", .sentence = "sends"};
