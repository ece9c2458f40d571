// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// Boost.JSON without its library: its documentation's way of compiling it once into a program.
#include <boost/json/src.hpp>
