# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""tracepoint.py TRIVIUM_BENCH: the counting library and the kernel's own tracepoint agree, under every arm.

Needs root and a kernel with that tracepoint; mounts tracefs where only it sees it. Ends with 77 where it cannot be.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

program = sys.argv[1]
inside = "mount -t tracefs nodev /sys/kernel/tracing 2>/dev/null; exec \"$@\""
# OpenSSL allocates, and the C library asks the kernel for memory by itself, which only the tracepoint sees: ask before.
memory = {"MALLOC_TOP_PAD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}


def as_seen_inside(*words):
    return subprocess.run(["unshare", "--mount", "sh", "-c", inside, "sh", program, *words], capture_output=True, text=True,
                          env={**os.environ, **memory})


try:
    examined = as_seen_inside("doctor")
except FileNotFoundError:
    print("there is no unshare here")
    sys.exit(77)
if "kernel's own count of system calls can be read" not in examined.stdout:
    print("the tracepoint cannot be counted here:", examined.stdout, examined.stderr)
    sys.exit(77)

with tempfile.TemporaryDirectory() as name:
    path = pathlib.Path(name) / "result.json"
    ended = as_seen_inside("run", "--plan", "smoke", "--json", str(path))
    assert ended.returncode == 0, (ended.returncode, ended.stdout, ended.stderr)
    result = json.loads(path.read_text())

compared = 0
for trial in result["trials"]:
    if result["plan"]["cells"][trial["cell"]]["instrument"] != "calls":
        continue
    for end in ("near", "far"):
        seen, entered = trial[end]["calls_seen"], trial[end]["kernel_entries"]
        assert entered >= 0, trial["arm"]
        # One in a hundred, and one: the window of a slow arm on a busy machine holds a handful of calls.
        assert abs(seen - entered) <= max(1, 0.01 * seen), (trial["arm"], end, seen, entered)
        compared += seen
assert compared > 1000, compared
print(compared, "calls compared")
