# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P readme.cmake: the programs that README.md shows are those that are compiled and run as tests.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

# shown(<source>): what stands there between `README begins here` and `README ends here` is a block of README.md. Inside a
# function it is indented; in README.md it is not.
file(READ ${ROOT}/README.md readme)
function(shown source)
  looked_at(1)
  file(READ ${ROOT}/${source} text)
  string(REGEX MATCH "// README begins here\n(.*\n)[ ]*// README ends here" found "${text}")
  if(NOT found)
    finding(${source} "marks nothing for README.md to show")
    return()
  endif()
  set(block "${CMAKE_MATCH_1}")
  if(block MATCHES "^  ")
    string(REPLACE "\n  " "\n" block "\n${block}")
    string(SUBSTRING "${block}" 1 -1 block)
  endif()
  string(FIND "${readme}" "```cpp\n${block}```" at)
  if(at EQUAL -1)
    finding(README.md "does not show ${source} as it is between its marks")
  endif()
endfunction()

shown(samples/01_send_blocking.cpp)
shown(test/readme_test.cpp)
shown(test/beast/readme_test.cpp)
shown(test/tls_verification_test.cpp)

report("readme")
