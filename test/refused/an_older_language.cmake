# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake -D COMPILER=<c++> -D INCLUDE=<include> -P an_older_language.cmake: as C++17, a header ends the compilation with one error
# that says what to do, and the compiler's word that it has ended. (layout.exports holds that all of them begin alike; clang
# reads on in silence, and takes seconds.)

cmake_minimum_required(VERSION 3.25)

foreach(header IN ITEMS trivium/error.hpp trivium/blocking.hpp trivium/trivium.hpp)
  execute_process(COMMAND ${COMPILER} -std=c++17 -fsyntax-only -I${INCLUDE} -include ${header} -x c++ /dev/null
    RESULT_VARIABLE status ERROR_VARIABLE said)
  string(REGEX MATCHALL "error: [^\n]*" errors "${said}")
  list(POP_FRONT errors first)
  if(status EQUAL 0 OR NOT first MATCHES "trivium needs C\\+\\+20: -std=c\\+\\+20" OR NOT errors MATCHES "^error: [^;]*see_the_error_above[^;]*$")
    message(FATAL_ERROR "${header}, as C++17, ends with ${status} and says\n${said}")
  endif()
endforeach()
