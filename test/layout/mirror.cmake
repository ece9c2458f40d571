# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P mirror.cmake: each public header has its test at the mirrored path. What stands in detail/ has
# one where it promises something by itself; the rest is parts of what is tested.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

# Included first, the header proves that it needs nothing before it.
function(includes_first test header)
  file(STRINGS ${ROOT}/test/${test} first REGEX "^ *# *include" LIMIT_COUNT 1)
  if(NOT first STREQUAL "#include <trivium/${header}>")
    finding(test/${test} "does not include <trivium/${header}> first")
  endif()
endfunction()

file(GLOB_RECURSE headers RELATIVE ${ROOT}/include/trivium ${ROOT}/include/trivium/*.hpp)
list(FILTER headers EXCLUDE REGEX "^detail/")
foreach(header IN LISTS headers)
  looked_at(1)
  string(REGEX REPLACE "\\.hpp$" "_test.cpp" test ${header})
  if(NOT EXISTS ${ROOT}/test/${test})
    finding(include/trivium/${header} "has no test (it would stand in test/${test})")
    continue()
  endif()
  includes_first(${test} ${header})
endforeach()

file(GLOB_RECURSE tests RELATIVE ${ROOT}/test ${ROOT}/test/detail/*_test.cpp)
foreach(test IN LISTS tests)
  looked_at(1)
  string(REGEX REPLACE "_test\\.cpp$" ".hpp" header ${test})
  if(NOT EXISTS ${ROOT}/include/trivium/${header})
    finding(test/${test} "tests no header (it would stand in include/trivium/${header})")
    continue()
  endif()
  includes_first(${test} ${header})
endforeach()

report("mirror")
