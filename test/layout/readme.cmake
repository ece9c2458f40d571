# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P readme.cmake: every C++ block of README.md and docs/*.md is compiled: it stands in a source of
# samples/ or test/ between `page begins here` and `page ends here`. And what stands between these marks is on a page.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

# next_between(<text> <begin> <end> <middle> <rest>): what stands between the next two of these words, and what follows it;
# an empty <rest> where there is none
function(next_between text begin end middle rest)
  set(${middle} "" PARENT_SCOPE)
  set(${rest} "" PARENT_SCOPE)
  string(FIND "${text}" "${begin}" at)
  if(at EQUAL -1)
    return()
  endif()
  string(LENGTH "${begin}" length)
  math(EXPR at "${at} + ${length}")
  string(SUBSTRING "${text}" ${at} -1 text)
  string(FIND "${text}" "${end}" at)
  if(at EQUAL -1)
    return()
  endif()
  string(SUBSTRING "${text}" 0 ${at} between)
  string(SUBSTRING "${text}" ${at} -1 text)
  set(${middle} "${between}" PARENT_SCOPE)
  set(${rest} "${text}" PARENT_SCOPE)
endfunction()

# shorten(<block> <result>): its first line, to name it by
function(shorten block result)
  string(REGEX MATCH "^[^\n]*" first "${block}")
  set(${result} "${first}" PARENT_SCOPE)
endfunction()

set(shown "")  # all pages, one after the other
file(GLOB pages RELATIVE ${ROOT} ${ROOT}/README.md ${ROOT}/docs/*.md)
foreach(page IN LISTS pages)
  file(READ ${ROOT}/${page} text)
  string(APPEND shown "${text}\n")
endforeach()

set(compiled "")  # all that is marked, each as a block of a page
file(GLOB_RECURSE sources RELATIVE ${ROOT}
  ${ROOT}/samples/*.cpp ${ROOT}/test/*.cpp ${ROOT}/samples/CMakeLists.txt ${ROOT}/test/CMakeLists.txt)
list(FILTER sources EXCLUDE REGEX "^test/layout/broken/")
foreach(source IN LISTS sources)
  set(language cpp)
  if(source MATCHES "\\.txt$")
    set(language cmake)
  endif()
  file(READ ${ROOT}/${source} rest)
  while(TRUE)
    next_between("${rest}" " page begins here\n" " page ends here\n" block rest)
    if(rest STREQUAL "")
      break()
    endif()
    looked_at(1)
    string(REGEX REPLACE "[ ]*(//|#)$" "" block "${block}")  # of the line that ends it
    # Inside a function it is indented; on a page it is not.
    string(REGEX MATCH "^ +" indent "${block}")
    if(indent)
      string(REPLACE "\n${indent}" "\n" block "\n${block}")
      string(SUBSTRING "${block}" 1 -1 block)
    endif()
    string(APPEND compiled "```${language}\n${block}```\n")
    string(FIND "${shown}" "```${language}\n${block}```\n" at)
    if(at EQUAL -1)
      shorten("${block}" first)
      finding(${source} "marks what no page shows: ${first}")
    endif()
  endwhile()
endforeach()

foreach(page IN LISTS pages)
  file(READ ${ROOT}/${page} rest)
  while(TRUE)
    next_between("${rest}" "```cpp\n" "```\n" block rest)
    if(rest STREQUAL "")
      break()
    endif()
    looked_at(1)
    string(FIND "${compiled}" "```cpp\n${block}```\n" at)
    if(at EQUAL -1)
      shorten("${block}" first)
      finding(${page} "shows what no test compiles: ${first}")
    endif()
  endwhile()
endforeach()

report("readme")
