# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P words.cmake: what a reader of Asio, POSIX and their literature has a word for is called by it.
# docs/glossary.md has those words.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

set(words 0)

# not(<a word, as a regular expression> <the field's>)
function(not word better)
  math(EXPR n "${words} + 1")
  set(words ${n} PARENT_SCOPE)
  set(word_${n} "[^A-Za-z]${word}[^A-Za-z]" PARENT_SCOPE)
  set(better_${n} "${better}" PARENT_SCOPE)
endfunction()

not("turn(ing|ed)"              "an operation is advanced")
not("patience"                  "may_block; a timeout")
not("knock(s|ed|ing)?"          "notify; post")
not("gives? way|give_way"       "yield")
not("holds?_back"               "has_pending_output")
not("in vain"                   "without effect; fails with EAGAIN")
not("told|tells?|telling"        "is reported; the handler is invoked")
not("learns?"                   "observes; is notified")
not("lets?_go"                  "release")
not("given_back"                "deallocated")
not("(borrowed|own|given|registered)_place" "a registration")

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/include/*.hpp ${ROOT}/lib/*.?pp ${ROOT}/lib/*.md ${ROOT}/samples/*.?pp
  ${ROOT}/samples/*.md ${ROOT}/docs/*.md)
foreach(file IN LISTS files ITEMS README.md)
  if(NOT EXISTS ${ROOT}/${file} OR file STREQUAL "docs/glossary.md")
    continue()
  endif()
  looked_at(1)
  file(READ ${ROOT}/${file} text)
  string(REGEX REPLACE "[][;\\]" " " text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  set(number 0)
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    foreach(n RANGE 1 ${words})
      if(" ${line} " MATCHES "${word_${n}}")
        finding(${file}:${number} "'${CMAKE_MATCH_0}': ${better_${n}}")
      endif()
    endforeach()
  endforeach()
endforeach()

report("words")
