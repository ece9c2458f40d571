# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P exports.cmake: each public header asks for C++20 before anything else, and exports what it
# declares. (What stands in trivium::async is templates, which users compile.)

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

file(GLOB_RECURSE headers RELATIVE ${ROOT} ${ROOT}/include/trivium/*.hpp)
list(REMOVE_ITEM headers include/trivium/config.hpp)
foreach(header IN LISTS headers)
  looked_at(1)
  file(STRINGS ${ROOT}/${header} first REGEX "^ *# *include" LIMIT_COUNT 1)
  if(NOT first STREQUAL "#include <trivium/config.hpp>")
    finding(${header} "does not include <trivium/config.hpp> first")
  endif()
  file(STRINGS ${ROOT}/${header} namespaces REGEX "^ *namespace [^;=]*trivium")
  foreach(line IN LISTS namespaces)
    if(NOT line MATCHES "^namespace (TRIVIUM_EXPORT trivium|trivium::(async|detail)) {$")
      finding(${header} "\"${line}\" exports nothing: namespace TRIVIUM_EXPORT trivium {")
    endif()
  endforeach()
endforeach()

report("exports")
