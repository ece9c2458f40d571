# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""What a program executes for one message of 64 bytes there and back, counted by valgrind: the same on every run, whatever
else the machine does. What the kernel executes is not in it; arms that make the same calls make it execute the same.

    instructions_test.py <the program operations>
"""

import re
import shutil
import subprocess
import sys

# At most so many: a seventh above what g++ 12 -O2 makes of it, for other compilers and Boost versions.
MOST = {
    "posix": 100,
    "blocking": 285,
    "blocking.limits": 1500,
    "nonblocking": 250,
    "nonblocking.all": 300,
    "async": 1170,
    "async.waiting": 2930,  # each receive waits, where those without the word find the answer there
    "asio.write.stream": 350,
    "asio.async_write.stream": 1780,
    "asio.async_write.stream.waiting": 3510,
}
# Asio's own, to compare with: theirs to promise
BESIDE = ("asio.write", "asio.async_write", "asio.async_write.waiting")
FEW, MANY = 500, 1500


def executed(program, arm, count):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, arm, str(count)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    found = re.search(r"Collected : (\d+)", ended.stderr)
    if ended.returncode != 0 or not found:
        sys.exit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    return int(found[1])


def main():
    if not shutil.which("valgrind"):
        print("skipped: no valgrind here to count with")
        return 77
    program, failed = sys.argv[1], []
    for arm in (*MOST, *BESIDE):
        each = (executed(program, arm, MANY) - executed(program, arm, FEW)) / (MANY - FEW)
        most = MOST.get(arm)
        print(f"{arm:<31} {each:6.0f} instructions" + (f", at most {most}" if most else ""))
        if most and each > most:
            failed.append(arm)
    if failed:
        print("too many: " + ", ".join(failed) + "; valgrind --tool=callgrind, then callgrind_annotate, shows where")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
