// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"
#include "scenarios/list.hpp"
#include "ways/list.hpp"

int main(int argc, char** argv) {
  return trivium::bench::program(argc, argv, {trivium::bench::all_scenarios(), trivium::bench::all_arms()});
}
