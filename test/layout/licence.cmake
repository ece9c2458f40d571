# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P licence.cmake: each source and script begins with the two SPDX lines.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

set(folders include lib samples bench test)
set(names *.hpp *.cpp *.py *.cmake CMakeLists.txt run prepare)

foreach(folder IN LISTS folders)
  list(TRANSFORM names PREPEND ${ROOT}/${folder}/ OUTPUT_VARIABLE patterns)
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${patterns})
  list(FILTER files EXCLUDE REGEX "^test/layout/broken/")
  foreach(file IN LISTS files)
    looked_at(1)
    file(READ ${ROOT}/${file} start LIMIT 200)  # a #! line may stand first
    if(NOT start MATCHES "^(#![^\n]*\n)?(//|#) SPDX-FileCopyrightText: the trivium authors\n(//|#) SPDX-License-Identifier: BSL-1.0\n")
      finding(${file} "does not begin with the two SPDX lines")
    endif()
  endforeach()
endforeach()

report("licence")
