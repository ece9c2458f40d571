# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""rounds.py TEST.BENCH.DUMMIES: how many rounds a run has, and what becomes of a trial that was spoiled."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

program = sys.argv[1]


def run(*options, status=(0, 3)):
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "result.json"
        ended = subprocess.run([program, "run", "--scenario", "ping_pong", "--window", "20", "--json", path, *options],
                               capture_output=True, text=True)
        assert ended.returncode in status, (ended.returncode, ended.stdout, ended.stderr)
        return json.loads(path.read_text()) if path.exists() else None, ended


def a_precision_that_is_easy_ends_the_run_at_its_first_look():
    # On one core: where the scheduler places them, a round trip takes 8 us in one trial and 600 in another.
    result, ended = run("--arms", "posix.twin", "--placement", "shared", "--precision", "99%")
    assert result["precision_reached"] and result["rounds_done"] in range(9, 30, 2), result["rounds_done"]
    assert "will take about" in ended.stderr and "of at most 100" in ended.stderr, ended.stderr
    assert "every ratio is known to 99 % either way" in ended.stdout, ended.stdout


def a_precision_that_is_out_of_reach_is_said():
    result, ended = run("--arms", "posix.twin", "--placement", "free", "--precision", "0.001%", "--budget", "3s")
    assert not result["precision_reached"] and result["rounds_done"] == result["plan"]["rounds"]
    assert "was not reached in" in ended.stdout, ended.stdout


def a_budget_that_is_too_small_is_refused():
    result, ended = run("--arms", "posix.twin", "--placement", "free", "--budget", "0.1s", status=(2,))
    assert result is None and "fewer than 6 give no interval" in ended.stderr, ended.stderr


def a_trial_with_a_cause_is_held_again_twice_and_all_are_kept():
    if len(os.sched_getaffinity(0)) < 2:
        print("one processor: nowhere to stray to")
        return
    result, ended = run("--arms", "straying", "--rounds", "30")
    attempts = {}
    for trial in result["trials"]:
        attempts.setdefault((trial["cell"], trial["round"], trial["position"]), []).append(trial)
    for of_one in attempts.values():
        assert [trial["attempt"] for trial in of_one] == list(range(len(of_one))), of_one[0]["arm"]
        assert len(of_one) <= 3
        assert [trial["superseded"] for trial in of_one].count(False) == 1
        assert all(trial["spoiled"] for trial in of_one[:-1])
    again = sum(len(of_one) - 1 for of_one in attempts.values())
    assert again == result["repeated"]
    strayed = [trial for trial in result["trials"] if trial["arm"] == "straying" and trial["attempt"] == 0
               and result["plan"]["cells"][trial["cell"]]["instrument"] == "none"]
    assert all("which is not its own" in trial["spoiled"] or "kept from running" in trial["spoiled"] for trial in strayed)
    assert result["spoiled_trials"] >= len(strayed)
    assert "disturbed: " in ended.stdout and "which is not its own in" in ended.stdout, ended.stdout
    # Repeats take time that is kept for them, and on a machine where half of a round is spoiled by others there are none.
    if result["health"] == "disturbed":
        assert again > 0


for each in (a_precision_that_is_easy_ends_the_run_at_its_first_look, a_precision_that_is_out_of_reach_is_said,
             a_budget_that_is_too_small_is_refused, a_trial_with_a_cause_is_held_again_twice_and_all_are_kept):
    each()
    print(each.__name__.replace("_", " "))
