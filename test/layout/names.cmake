# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P names.cmake: what an arm, a scenario or a metric is stands in its definition, as data. Nothing in
# bench/ finds it out by comparing a name, so a new one is known everywhere.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

# read_text(<file> <variable>): without what a CMake list would stumble over
function(read_text file variable)
  file(READ ${ROOT}/${file} text)
  string(REGEX REPLACE "[][;\\]" " " text "${text}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

set(names)
file(GLOB definitions RELATIVE ${ROOT} ${ROOT}/bench/ways/*.cpp ${ROOT}/bench/scenarios/*.cpp ${ROOT}/bench/analysis/metrics.cpp)
foreach(file IN LISTS definitions)
  read_text(${file} text)
  string(REGEX MATCHALL "(\\.name = |metric{)\"[^\"\n]+\"" defined "${text}")
  list(TRANSFORM defined REPLACE "^.*\"(.+)\"$" "\\1")
  list(APPEND names ${defined})
endforeach()

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/bench/*.hpp ${ROOT}/bench/*.cpp)
foreach(file IN LISTS files)
  looked_at(1)
  read_text(${file} text)
  string(REPLACE "\n" ";" lines "${text}")
  set(number 0)
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    string(REGEX MATCHALL "[=!]= *\"[^\"]+\"|\"[^\"]+\" *[=!]=" equal "${line}")
    string(REGEX MATCHALL "(starts|ends)_with\\(\"[^\"]+\"" partial "${line}")
    foreach(compared IN LISTS equal partial)
      string(REGEX MATCH "\"(.+)\"" quoted "${compared}")
      set(literal "${CMAKE_MATCH_1}")
      foreach(name IN LISTS names)
        string(FIND "${name}" "${literal}" at)
        string(FIND "${name}" "${literal}" last REVERSE)
        string(LENGTH "${name}" length)
        string(LENGTH "${literal}" part)
        math(EXPR end "${last} + ${part}")
        if(name STREQUAL literal OR (compared MATCHES "^starts" AND at EQUAL 0)
            OR (compared MATCHES "^ends" AND last GREATER_EQUAL 0 AND end EQUAL length))
          finding(${file}:${number} "compares with the name \"${name}\": its definition says what it is")
          break()
        endif()
      endforeach()
    endforeach()
  endforeach()
endforeach()

list(LENGTH names known)
if(known EQUAL 0)
  finding(bench "defines no arm, scenario or metric that this check could read")
endif()
report("names")
