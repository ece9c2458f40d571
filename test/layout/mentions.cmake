# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P mentions.cmake: each sample, scenario, arm and module is named, in `code`, by its folder's page.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

# mentioned_in(<page> <files>... [EXCEPT <name>...]): each file by its name without ending
function(mentioned_in page)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCEPT")
  list(TRANSFORM arg_UNPARSED_ARGUMENTS PREPEND ${ROOT}/)
  file(GLOB files RELATIVE ${ROOT} ${arg_UNPARSED_ARGUMENTS})
  set(code)
  if(EXISTS ${ROOT}/${page})
    file(READ ${ROOT}/${page} text)
    string(REGEX REPLACE "[][;\\]" " " text "${text}")
    string(REGEX MATCHALL "`[^`\n]+`" code "${text}")
  endif()
  foreach(file IN LISTS files)
    cmake_path(GET file STEM LAST_ONLY name)
    if(name IN_LIST arg_EXCEPT)
      continue()
    endif()
    looked_at(1)
    string(REPLACE "_" "[_.]" pattern ${name})  # the arm of asio_write.cpp is called asio.write
    if(NOT code MATCHES "[^A-Za-z0-9_]${pattern}[^A-Za-z0-9_]")
      finding(${page} "does not mention `${name}` (${file})")
    endif()
  endforeach()
endfunction()

#            page               names what is in               but for
mentioned_in(docs/design.md     include/trivium/*.hpp include/trivium/*/*.hpp include/trivium/detail/*/*.hpp lib/*.hpp lib/*/*.hpp)
mentioned_in(samples/README.md  samples/*.cpp)
mentioned_in(bench/README.md    bench/scenarios/*.cpp          EXCEPT list)
mentioned_in(bench/README.md    bench/ways/*.cpp               EXCEPT list)

report("mentions")
