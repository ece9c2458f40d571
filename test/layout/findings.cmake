# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# How a check of the layout says what it found. ROOT is the tree that it looks at.

if(NOT DEFINED ROOT)
  cmake_path(SET ROOT NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../..)
endif()

set_property(GLOBAL PROPERTY looked_at 0)

# finding(<path, or path:line> <what is wrong>)
function(finding where what)
  set_property(GLOBAL APPEND_STRING PROPERTY findings "${where}: ${what}\n")
endfunction()

# looked_at(<n>): so many more things were looked at
function(looked_at n)
  get_property(before GLOBAL PROPERTY looked_at)
  math(EXPR sum "${before} + ${n}")
  set_property(GLOBAL PROPERTY looked_at ${sum})
endfunction()

# A check that found nothing to look at is broken itself: it says so rather than pass.
function(report check)
  get_property(findings GLOBAL PROPERTY findings)
  get_property(looked_at GLOBAL PROPERTY looked_at)
  if(findings)
    message("${findings}")
    message(FATAL_ERROR "${check}: not as it should be")
  elseif(looked_at EQUAL 0)
    message(FATAL_ERROR "${check}: nothing to look at in ${ROOT}")
  endif()
  message("${check}: ${looked_at} looked at, all as they should be")
endfunction()
