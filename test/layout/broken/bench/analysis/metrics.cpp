// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

constexpr std::array metrics{metric{"p50", "us"}};
