# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake -D BUILD=<build tree> -D PREFIX=<folder> -D SOURCE=<source tree> -D TLS=<built> -P install.cmake: installs into a new PREFIX,
# and holds what came there against what should: all public headers and nothing private.

cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE public RELATIVE ${SOURCE} ${SOURCE}/include/*)
if(NOT TLS)
  list(FILTER public EXCLUDE REGEX "/tls_[a-z]+\\.hpp$")
endif()
file(GLOB_RECURSE installed RELATIVE ${PREFIX} ${PREFIX}/include/*)
if(NOT public STREQUAL installed)
  list(REMOVE_ITEM public ${installed})
  message(FATAL_ERROR "installed headers differ from include/; missing: ${public}; installed: ${installed}")
endif()

file(GLOB_RECURSE others RELATIVE ${PREFIX} ${PREFIX}/*)
list(FILTER others EXCLUDE REGEX "^include/|/libtrivium(-tls)?\\.(a|so[.0-9]*)$|/cmake/trivium/trivium-[a-z-]+\\.cmake$|/pkgconfig/trivium(-tls)?\\.pc$|/doc/trivium/LICENSE$")
if(others)
  message(FATAL_ERROR "installed besides the library: ${others}")
endif()

# No path of this machine, and none of our flags, may reach a stranger.
file(GLOB_RECURSE texts ${PREFIX}/*.cmake ${PREFIX}/*.pc)
foreach(text IN LISTS texts)
  file(READ ${text} said)
  foreach(ours IN ITEMS ${SOURCE} ${BUILD} -Wall -Werror -fsanitize)
    string(FIND "${said}" ${ours} at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${text} says ${ours}")
    endif()
  endforeach()
endforeach()
