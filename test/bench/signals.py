# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""signals.py TRIVIUM_BENCH: Ctrl-C keeps whole rounds and says so, and is no success without one; children die with their
parent."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

program = sys.argv[1]
patience = 60  # seconds; nothing here takes two


def start(result):
    return subprocess.Popen(
        [program, "run", "--scenario", "ping_pong", "--arms", "blocking", "--rounds", "500",
         "--placement", "free", "--json", str(result)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_round(run, number):
    for line in run.stderr:
        if line.startswith(f"round {number} of"):
            return
    raise AssertionError("the run ended before its time")


def children_of(parent):
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def catches_interrupts(process):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(caught & 1 << (signal.SIGINT - 1))


def interrupt_keeps_whole_rounds(folder):
    result = folder / "interrupted.json"
    run = start(result)
    wait_for_round(run, 3)
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=patience)
    assert run.returncode == 0, (run.returncode, said)
    assert "stopped by the user after" in said, said
    written = json.loads(result.read_text())
    assert written["stopped_by_user"]
    assert written["rounds_done"] >= 2
    a_round = {}
    for trial in written["trials"]:
        a_round.setdefault(trial["round"], []).append(trial)
    assert sorted(a_round) == list(range(written["rounds_done"])), sorted(a_round)
    # Two of the baseline and one of the arm; the first round has the trials that count calls besides, where these are.
    assert all(len(trials) >= 3 for trials in a_round.values())


def interrupt_before_the_first_trial_leaves_nothing(folder):
    run = start(folder / "early" / "result.json")
    time.sleep(0.5)  # the doctor takes two seconds
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=patience)
    assert run.returncode != 0
    assert not (folder / "early").exists()


def interrupt_before_a_whole_round_is_no_success(folder):
    """The first round is far from whole when its first line is read."""
    kept = folder / "kept.json"
    for options, status in ((("--rounds", "9"), 3), (("--plan", "smoke"), 1)):
        kept.write_text("an older result")
        run = subprocess.Popen([program, "run", *options, "--json", str(kept)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for_round(run, 1)
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=patience)
        assert run.returncode == status, (options, run.returncode, said)
        assert "stopped by the user after 0 of" in said and "there is no result" in said, said
        assert kept.read_text() == "an older result"


def a_second_interrupt_loses_no_older_result(folder):
    kept = folder / "kept.json"
    kept.write_text("an older result")
    for result in (kept, folder / "new.json"):
        run = start(result)
        wait_for_round(run, 2)
        # Nobody reads, so it is held up after the first and before its result.
        with open(f"/proc/{run.pid}/fd/1", "wb", buffering=0) as pipe:
            os.set_blocking(pipe.fileno(), False)
            while pipe.write(b" "):
                pass
        run.send_signal(signal.SIGINT)
        limit = time.monotonic() + patience
        while catches_interrupts(run.pid):
            assert time.monotonic() < limit, "the first is not seen"
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        assert run.wait(patience) == -signal.SIGINT, run.returncode
    assert kept.read_text() == "an older result"
    assert list(folder.iterdir()) == [kept], list(folder.iterdir())


def children_die_with_their_parent(folder):
    run = start(folder / "killed.json")
    wait_for_round(run, 2)
    limit = time.monotonic() + patience
    children = []
    while len(children) < 2:
        assert time.monotonic() < limit, "no children seen"
        children = children_of(run.pid)
    run.kill()
    run.communicate(timeout=patience)
    while any(alive(child) for child in children):
        assert time.monotonic() < limit, "a child outlives its parent"
        time.sleep(0.01)


with tempfile.TemporaryDirectory() as name:
    interrupt_keeps_whole_rounds(pathlib.Path(name))
    interrupt_before_the_first_trial_leaves_nothing(pathlib.Path(name))
    interrupt_before_a_whole_round_is_no_success(pathlib.Path(name))
    children_die_with_their_parent(pathlib.Path(name))
with tempfile.TemporaryDirectory() as name:
    a_second_interrupt_loses_no_older_result(pathlib.Path(name))
print("as it should be", file=sys.stderr if os.isatty(2) else sys.stdout)
