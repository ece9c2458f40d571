# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake -D NM=<nm> -D LIBRARY=<shared object> [-D LIST=<file>] -P exported.cmake: the names of ours that it exports are those
# of the list; without a list there are none. (Weak functions are not looked at, as templates are: a compiler makes them where
# it likes, Asio's too, which are exported. The list is without the tables of classes and inline variables for that reason.)

cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND ${NM} -DC --defined-only ${LIBRARY}
  OUTPUT_VARIABLE lines OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ";" "," lines "${lines}")
string(REGEX REPLACE "\\[abi:cxx11\\]" "" lines "${lines}")
string(REGEX REPLACE "[][]" "?" lines "${lines}")  # brackets would join the items of a list
string(REPLACE "\n" ";" lines "${lines}")
set(exported "")
set(ours "[TDBR] (trivium::.*)")
if(NOT LIST)
  set(ours "[A-VX-Za-z] (((vtable|typeinfo|typeinfo name|guard variable) for )?trivium::.*)")
endif()
foreach(line IN LISTS lines)
  # 000000000000126f T trivium::now()
  if(line MATCHES "^[0-9a-f]+ ${ours}$")
    list(APPEND exported "${CMAKE_MATCH_1}")
  endif()
endforeach()
list(SORT exported)
list(REMOVE_DUPLICATES exported)  # a constructor has two symbols of one name

set(listed "")
if(LIST)
  file(STRINGS ${LIST} listed)
  if(NOT exported)
    message(FATAL_ERROR "${LIBRARY} exports nothing: do the public headers say namespace TRIVIUM_EXPORT trivium?")
  endif()
endif()
if("${exported}" STREQUAL "${listed}")
  return()
endif()

set(more ${exported})
set(less ${listed})
if(more AND listed)
  list(REMOVE_ITEM more ${listed})
endif()
if(less AND exported)
  list(REMOVE_ITEM less ${exported})
endif()
list(TRANSFORM more PREPEND "  + ")
list(TRANSFORM less PREPEND "  - ")
list(JOIN more "\n" more)
list(JOIN less "\n" less)
if(NOT LIST)
  message("${LIBRARY} exports\n${more}")
  message(FATAL_ERROR "whoever links the static library should export nothing of it")
endif()
list(JOIN exported "\n" exported)
cmake_path(GET LIST FILENAME name)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name} "${exported}\n")
message("${LIBRARY} exports other names than ${LIST}:\n${more}\n${less}")
message(FATAL_ERROR "Is it meant? Then\n  cp ${CMAKE_CURRENT_BINARY_DIR}/${name} ${LIST}\n"
  "If not: what users must not have stands in lib/, outside of `namespace TRIVIUM_EXPORT trivium`; what they need, inside.")
