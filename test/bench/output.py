# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""output.py TRIVIUM_BENCH: what cannot be written is said, and is no success; what nobody wants is no mistake."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

program = sys.argv[1]
patience = 60  # seconds; nothing here takes ten
short = ("run", "--scenario", "ping_pong", "--arms", "blocking", "--placement", "free", "--window", "200", "--rounds", "1")


def bench(*words, **how):
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    return subprocess.run([program, *words], text=True, timeout=patience, **how)


def a_result_without_a_place_is_refused_before_anything_is_measured(folder):
    for path in ("/proc/nope/x.json", folder):
        ended = bench(*short, "--json", path)
        assert ended.returncode == 2, ended
        assert f"the result cannot be written to {path}: " in ended.stderr and "round 1" not in ended.stderr, ended


def a_result_that_is_lost_at_the_end_is_no_success(folder):
    ended = bench(*short, "--json", "/dev/full")
    assert ended.returncode == 4, ended
    assert "the result was not written to /dev/full: No space left on device" in ended.stderr, ended
    assert "\nagain: trivium-bench run " in ended.stdout, ended


def text_that_nobody_wants_is_no_mistake(folder):
    """Descriptors that are closed are not given to a socket or a file, which would get the text."""
    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        def close():
            for each in closed:
                os.close(each)

        def ended(*words):
            return bench(*words, stdin=subprocess.DEVNULL, preexec_fn=close).returncode

        assert ended("list") == 0, closed
        assert ended("run", "--nonsense") == 2, closed
    path = folder / "result.json"
    assert ended(*short, "--json", path) in (0, 3), closed  # with none of the three
    assert json.loads(path.read_text())["rounds_done"] == 1, closed


def a_stored_result_says_what_was_said(folder):
    path = folder / "result.json"
    said = bench(*short, "--json", path)
    assert said.returncode in (0, 3), said
    stored = path.read_bytes()
    again = bench("report", path)
    assert again.returncode == 0 and again.stdout == said.stdout and not again.stderr, (said, again)
    assert path.read_bytes() == stored
    path.write_bytes(stored[:len(stored) // 2])
    cut = bench("report", path)
    assert cut.returncode == 2 and not cut.stdout, cut
    assert cut.stderr.startswith(f"trivium-bench: {path} ends in the middle, after "), cut


def what_only_tests_need_is_not_listed(folder):
    listed = bench("list").stdout
    assert "\n  posix.poll " in listed and "\n  bulk " in listed and "\n  quick " in listed, listed
    assert "posix.twin" not in listed and "posix.slowed" not in listed, listed


def text_that_is_lost_is_no_success(folder):
    with open("/dev/full", "w") as full:
        for words in (("list",), ("--help",), ("doctor",), ("simulate", "--runs", "100")):
            ended = bench(*words, stdout=full)
            assert ended.returncode == 4, ended
            assert "cannot " in ended.stderr and "No space left on device" in ended.stderr, ended
        ended = bench(*short, "--json", folder / "result.json", stdout=full)
        assert ended.returncode == 4 and "round 1" not in ended.stderr, ended
        assert not (folder / "result.json").exists()
        # Complaints and progress have nowhere to go, and what was asked for is done.
        assert bench("list", stdout=full, stderr=full).returncode == 4
        assert bench("run", "--nonsense", stderr=full).returncode == 2
        assert bench(*short, "--json", folder / "result.json", stderr=full).returncode in (0, 3)


def a_result_whose_table_is_lost_is_written(folder):
    path = folder / "result.json"
    run = subprocess.Popen([program, *short, "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           restore_signals=False)  # SIGPIPE stays ignored
    while not run.stderr.readline().startswith("round 1"):
        pass
    run.stdout.close()
    said = run.stderr.read()
    assert run.wait(patience) == 4 and "Broken pipe" in said, said
    assert json.loads(path.read_text())["rounds_done"] == 1


def a_reader_who_leaves_loses_no_older_result(folder):
    """run --json F | head -1"""
    old = folder / "old.json"
    old.write_text("an older result")
    for path in (old, folder / "new.json"):
        run = subprocess.Popen([program, *short, "--json", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert run.stdout.readline()
        run.stdout.close()
        assert run.wait(patience) == -signal.SIGPIPE, run.returncode
    assert old.read_text() == "an older result"
    assert list(folder.iterdir()) == [old], list(folder.iterdir())


def an_unknown_congestion_control_is_refused_before_anything_is_measured(folder):
    known = pathlib.Path("/proc/sys/net/ipv4/tcp_available_congestion_control")
    if not known.exists():
        return
    for name in ("rneo", "RENO", ""):
        ended = bench(*short, "--congestion", name, "--json", folder / "result.json")
        assert ended.returncode == 2 and not ended.stdout, ended
        assert all(each in ended.stderr for each in known.read_text().split()), ended


for each in (a_result_without_a_place_is_refused_before_anything_is_measured,
             a_result_that_is_lost_at_the_end_is_no_success, text_that_nobody_wants_is_no_mistake,
             a_stored_result_says_what_was_said, what_only_tests_need_is_not_listed, text_that_is_lost_is_no_success,
             a_result_whose_table_is_lost_is_written, a_reader_who_leaves_loses_no_older_result,
             an_unknown_congestion_control_is_refused_before_anything_is_measured):
    with tempfile.TemporaryDirectory() as name:
        each(pathlib.Path(name))
    print(each.__name__.replace("_", " "))
