# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake -D NM=<nm> -D LIBRARY=<libtrivium.a>[;<more>] -P symbols.cmake: what the compiled library asks of the C library goes
# through lib/system.cpp. layers.cmake reads the text and sees `::send(`; this sees every call, however it is spelled.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)

# Not among them: sched_yield and syscall, which libstdc++'s stop_token inlines into whoever uses one.
set(calls accept accept4 bind clock_gettime connect epoll_create1 epoll_ctl epoll_wait eventfd fcntl fcntl64 getaddrinfo
  gethostbyname getpeername getsockname getsockopt ioctl listen nanosleep poll __poll_chk ppoll __ppoll_chk pread pwrite
  read readv recv __recv_chk recvfrom recvmmsg recvmsg select send sendfile sendmmsg sendmsg sendto
  setsockopt shutdown socket socketpair splice usleep write writev
  _ZNSt6chrono3_V212steady_clock3nowEv _ZNSt6chrono3_V212system_clock3nowEv)

execute_process(COMMAND ${NM} --undefined-only --print-file-name ${LIBRARY}
  OUTPUT_VARIABLE lines OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" lines "${lines}")
set(seam_calls 0)
foreach(line IN LISTS lines)
  # libtrivium.a:system.cpp.o:                 U send@GLIBC_2.2.5
  if(NOT line MATCHES "[:/]([a-z_]+)\\.cpp\\.o: +U ([A-Za-z0-9_]+)")
    continue()
  endif()
  looked_at(1)
  if(NOT CMAKE_MATCH_2 IN_LIST calls)
    continue()
  elseif(CMAKE_MATCH_1 STREQUAL "system")
    math(EXPR seam_calls "${seam_calls} + 1")
  else()
    finding(lib/${CMAKE_MATCH_1}.cpp "calls ${CMAKE_MATCH_2}: system calls go through the one seam for faults")
  endif()
endforeach()
if(seam_calls LESS 10)  # 25 at the time of writing; were there none, this check would not see them elsewhere either
  finding(lib/system.cpp "makes ${seam_calls} of the calls that this check knows, and should make them all")
endif()

report("symbols")
