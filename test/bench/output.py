# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""output.py TRIVIUM_BENCH: what cannot be written is said, and is no success."""

import pathlib
import subprocess
import sys
import tempfile

program = sys.argv[1]
patience = 60  # seconds; nothing here takes ten
short = ("run", "--scenario", "ping_pong", "--arms", "blocking", "--placement", "free", "--window", "20", "--rounds", "1")


def bench(*words, **how):
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    return subprocess.run([program, *words], text=True, timeout=patience, **how)


def a_result_without_a_place_is_refused_before_anything_is_measured(folder):
    (folder / "file").write_text("")
    for path in ("/proc/nope/x.json", folder, folder / "file" / "x.json"):
        ended = bench(*short, "--json", path)
        assert ended.returncode == 2, ended
        assert f"the result cannot be written to {path}: " in ended.stderr and "round 1" not in ended.stderr, ended


def a_result_that_is_lost_at_the_end_is_no_success(folder):
    ended = bench(*short, "--json", "/dev/full")
    assert ended.returncode == 4, ended
    assert "the result was not written to /dev/full: No space left on device" in ended.stderr, ended
    assert "\nagain: trivium-bench run " in ended.stdout, ended


for each in (a_result_without_a_place_is_refused_before_anything_is_measured,
             a_result_that_is_lost_at_the_end_is_no_success):
    with tempfile.TemporaryDirectory() as name:
        each(pathlib.Path(name))
    print(each.__name__.replace("_", " "))
