// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"
#include "scenarios/list.hpp"
#include "ways/list.hpp"

int main(int argc, char** argv) {
  using namespace trivium::bench;
  return program(argc, argv, {all_scenarios(), all_arms(), arms_left_out()});
}
