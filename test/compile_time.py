#!/usr/bin/env python3
# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""What including a header of trivium's costs, in the compiler's processor time, against all of Asio.

    test/compile_time.py [ROUNDS]         5 rounds if none are named; CXX names the compiler

Prints the median of the ratios, each of one round: the headers are compiled one after the other, so that what slows the
machine down for a while slows all of them. Ends with 1 if a header costs more than it may.
"""

import os
import resource
import statistics
import subprocess
import sys

INCLUDE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "include")
BASE = "boost/asio.hpp"
MOST = {"trivium/blocking.hpp": 0.5, "trivium/nonblocking.hpp": 0.5, "trivium/trivium.hpp": 1.15}  # of BASE


def seconds(header):
    """Processor time of one compilation of a file that includes this header alone"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-DTRIVIUM_STATIC", "-I", INCLUDE, "-x", "c++", "-c", "-",
                    "-o", os.devnull], input="#include <%s>\n" % header, text=True, check=True, timeout=300)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    ratios, bases = {header: [] for header in MOST}, []
    for _ in range(rounds):
        bases.append(seconds(BASE))
        for header, of in ratios.items():
            of.append(seconds(header) / bases[-1])
    print("%-24s %5.2f s" % (BASE, statistics.median(bases)))
    failed = False
    for header, of in ratios.items():
        ratio = statistics.median(of)
        failed |= ratio > MOST[header]
        print("%-24s %5.2f of it [%.2f, %.2f], at most %.2f" % (header, ratio, min(of), max(of), MOST[header]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
