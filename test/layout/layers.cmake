# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
#
# cmake [-D ROOT=<tree>] -P layers.cmake: the architecture, as tables and a check. docs/design.md says why it is so.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/findings.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/sources.cmake)

# --- The library's layers, from the top. ---------------------------------------------------------------------------------
# A module is a file of include/trivium or lib without its ending. It may include modules of its own layer and of those
# below; where a layer's modules stand APART they do not see each other.

layer(umbrella    trivium)
layer(ready-made  reactor multiplexer)                                            # ready-made loops
layer(attached    attached_socket rebound asio_stream asio_completion connecting_here stream listener tls/stream teardown) # an executor, a mode, Asio's concepts
layer(ways        blocking nonblocking async APART)                     # three ways to wait, side by side
layer(async       async/initiation async/start_operation async/operation_state async/mailbox async/waits async/limit_state
                  async/completed_call async/completion_op async/wait_handler async/first_call async/completion as_error
                  async/block async/events async/kept_work) # what the async way is made of
layer(waiting     retry async/readiness async/registration async/stop_gate async/interest_service async/set_policy async/reactor_descriptor
                  async/foreign_registration async/handler_storage async/loop trampoline interest_set wait waker) # what they wait with
layer(operations  operations/transfer one_call operations/connecting operations/accepting operations/finishing
                  operations/handshaking operations/race operation operation_access operations/progress_watch) # what is left, limits, verdict
layer(sessions    tls/session)                                          # a channel of a socket and OpenSSL
layer(whom        socket socket_file endpoint lookup forks)             # a descriptor, and to whom
layer(attempt     payloads/memory payloads/generator payloads/consumer payloads/file payloads/relay payloads/borrowed
                  payloads/observed payloads/paced transit window thrown payload channel connection buffers call errno tls/ciphertext) # one attempt
layer(system      system)                                               # every system call, and the clock
layer(contexts    tls/context tls/content tls/error)                    # what TLS sessions share
layer(vocabulary  limits mode transfer_result error)                    # std and boost::system only
layer(language    config)                                                # what is asked of the compiler, and what is exported

# --- Who must not include what. ------------------------------------------------------------------------------------------
# Both are regular expressions: on the path of the including file, and on what it includes (a path in this repository, or
# the name of a header from outside).

set(without_asio "buffers|channel|connection|payload|payloads/.*|detail/(interest_set|operation_access|one_call|socket_file|thrown|transit|window)|operation|endpoint|socket|operations/.*|retry|blocking|multiplexer|nonblocking|tls/(error|context|session)")
set(sockets "(sys/socket|netinet/.*|arpa/inet|netdb|sys/epoll|poll)\\.h|boost/asio.*")

no_include("include/"           "lib/.*"                             "a public header leads to a private one")
no_include("samples/"           "(lib|bench|test)/.*"                "a sample uses what its reader can use")
no_include("bench/"             "(lib|test|samples)/.*"              "the benchmark measures what its reader can use")
no_include("lib/"               "(bench|test|samples)/.*"            "the library stands alone")
no_include("include/trivium/(limits|transfer_result|error)\\.hpp" "boost/[^s].*" "the vocabulary is std and boost::system only")
no_include("include/trivium/(${without_asio})\\.hpp" "boost/asio.*"        "a program without an event loop compiles without Asio")
no_include("(include/trivium|lib)/(blocking|nonblocking|async)\\.[ch]pp" "lib/(call|system)\\.hpp" "a way supplies the wait, and neither makes nor judges a system call")
no_include("include/"           "boost/beast.*"                      "a stream works with Beast, and brings none of it")
no_include("include/"           "openssl/.*"                         "OpenSSL's headers are for who asks for them")
no_include("(include/trivium|lib)/([^t]|t[^l])" "openssl/.*|include/trivium/tls/.*" "the rest is built without TLS too")
set(bench_above_trials "plan|statistics|machine|analysis|record|report")
no_include("bench/steps/"       "bench/(scenarios|ways|trial|${bench_above_trials})/.*|include/.*" "steps know neither scenarios nor ways")
no_include("bench/scenarios/"   "bench/(ways|trial|${bench_above_trials})/.*|include/.*|${sockets}" "a scenario emits steps; who executes them is not its affair")
no_include("bench/ways/"        "bench/(scenarios|trial|${bench_above_trials})/.*" "a way executes steps; whose they are is not its affair")
no_include("bench/trial/"       "bench/(${bench_above_trials})/.*"   "a trial is held; for which plan, and what follows, is not its affair")
no_include("bench/statistics/"  "bench/(scenarios|ways|trial|plan|machine|analysis|record|report)/.*|include/.*|${sockets}" "statistics see numbers only")
no_include("bench/plan/"        "bench/(ways|machine|analysis|record|report)/.*|include/.*|${sockets}" "a plan is fixed before anything is looked at")
no_include("bench/machine/"     "bench/(scenarios|plan|statistics|analysis|record|report)/.*|include/.*|${sockets}" "the machine is looked at, whatever will be measured on it")
no_include("bench/analysis/"    "bench/(scenarios|ways|machine|record|report)/.*|include/.*|${sockets}" "an analysis sees a plan and its trials only")
no_include("bench/record/"      "bench/(scenarios|ways|report)/.*|include/.*|${sockets}" "a record keeps what was found; how it is said is not its affair")
no_include("bench/report/"      "bench/(scenarios|ways)/.*|include/.*|${sockets}" "a report sees results only")

# --- Which words stand where only. ---------------------------------------------------------------------------------------
# A regular expression on the text without comments, and one on the paths of the files (of include/ and lib/) that may.

set(calls "accept4?|bind|clock_gettime|close|connect|epoll_[a-z]+|eventfd|fallocate|fcntl|freeaddrinfo|fstat|fsync|ftruncate|getaddrinfo|getpeername|getpid|getsockname|getsockopt|ioctl|listen|lstat|nanosleep|p?poll|p?readv?|recv(from|m?msg)?|sched_yield|p?select|send(to|m?msg|file)?|setsockopt|shutdown|socket|splice|sigpending|sigtimedwait|syscall|timerfd_[a-z]+|unlink|usleep|p?writev?")

only_in("lib/system\\.[ch]pp"             "[^A-Za-z0-9_:>]::(${calls})[^A-Za-z0-9_:]"    "system calls go through the one seam for faults")
only_in("lib/system\\.cpp"                "clock::now *\\("                              "there is one clock, and tests set it")
only_in("include/trivium/detail/async/reactor_descriptor\\.hpp" "asio::posix::"                      "one file takes a descriptor into Asio's reactor")
only_in("include/trivium/(async|tls/stream|reactor|detail/(async/(limit_state|waits|readiness|registration|foreign_registration|reactor_descriptor|interest_service|stop_gate)|attached_socket|rebound))\\.hpp" "async_wait|steady_timer" "only what has an executor asks Asio to wait")
only_in("include/trivium/(asio_stream|detail/(rebound|teardown))\\.hpp" "async_(read|write)_some|async_(send|receive)[^A-Za-z0-9_]|asio::(async_)?(read|write)[^A-Za-z0-9_]" "Asio never moves a byte")
only_in("lib/lookup\\.cpp|(include/trivium|lib)/reactor\\.[ch]pp" "std::j?thread[^A-Za-z0-9_:]" "no threads but a look-up's and a reactor's")
only_in("nowhere"                         "std::(cout|cerr|clog)|[^A-Za-z0-9_]f?printf *\\(" "nothing logs")

check_sources()
report("layers")
