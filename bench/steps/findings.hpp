// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Figures by name, as a scenario reports them: a new scenario brings new figures without a new member
// anywhere.
#pragma once

#include <map>
#include <string>

namespace trivium::bench {

using findings = std::map<std::string, double, std::less<>>;

}  // namespace trivium::bench
