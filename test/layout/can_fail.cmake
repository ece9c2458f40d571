# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake -D CHECK=<check> -P can_fail.cmake: on the tree under broken/ the check finds what
# broken/<check>.txt lists, no less and no more.

cmake_minimum_required(VERSION 3.25)

set(here ${CMAKE_CURRENT_LIST_DIR})
execute_process(COMMAND ${CMAKE_COMMAND} -D ROOT=${here}/broken -P ${here}/${CHECK}.cmake
  RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
if(status EQUAL 0)
  message(FATAL_ERROR "${CHECK} finds nothing wrong with a tree in which each of its rules is broken")
endif()

string(REGEX REPLACE "\n\n.*" "\n" found "${said}")  # an empty line stands before CMake's own words
file(READ ${here}/broken/${CHECK}.txt expected)
if(NOT found STREQUAL expected)
  message("expected:\n${expected}\nfound:\n${found}")
  message(FATAL_ERROR "${CHECK} does not find what it should")
endif()
