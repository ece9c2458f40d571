# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""bare.py TRIVIUM-BENCH-BARE: the loop without the instrument moves what the instrument's own does, and says how long it took."""

import json
import pathlib
import subprocess
import sys
import tempfile

program = sys.argv[1]
with tempfile.TemporaryDirectory() as name:
    path = pathlib.Path(name) / "result.json"
    ended = subprocess.run([program, "run", "--scenario", "ping_pong", "--arms", "posix.bare", "--rounds", "1", "--window", "200",
                            "--json", path], capture_output=True, text=True)
    assert ended.returncode in (0, 3), (ended.returncode, ended.stdout, ended.stderr)  # 3: a trial was spoiled
    result = json.loads(path.read_text())

seen = [trial for trial in result["trials"] if trial["arm"] == "posix.bare" and trial["near"]["found"]["trips"] > 0]
assert seen, ended.stdout
for trial in seen:
    near, far = trial["near"], trial["far"]
    trips, left = divmod(near["total_sent"], 64)
    assert left == 0 and near["total_received"] == far["total_sent"] == far["total_received"] == near["total_sent"], trial
    assert 0 < near["found"]["trips"] <= trips, trial
    assert near["found"]["trip_p50_ns"] > 0, trial
print(f"{len(seen)} trials, the last of {trips} round trips")
