# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""doctor.py TRIVIUM_BENCH: the doctor names what is wrong with this machine, each thing brought about for it."""

import ctypes
import os
import platform
import signal
import struct
import subprocess
import sys

program = sys.argv[1]


def doctor(*options, before=None):
    seen = subprocess.run([program, "doctor", *options], capture_output=True, text=True, preexec_fn=before, timeout=60)
    assert seen.returncode in (0, 3), (seen.returncode, seen.stderr)
    return seen.returncode, seen.stdout


def line_of(said, start):
    found = [line for line in said.splitlines() if line.split(None, 1)[1:] and line.split(None, 1)[1].startswith(start)]
    assert found, f"nothing about {start!r} in\n{said}"
    return "\n".join(found)


def a_busy_neighbour():
    ready, tell = os.pipe()
    hog = os.fork()
    if hog == 0:
        os.write(tell, b"!")
        while True:
            pass
    try:
        os.read(ready, 1)
        # On a machine that is full already it may not get the half of a processor that makes it spoil; it is named anyway.
        status, said = doctor()
        named = line_of(said, "neighbours:")
        assert f"process {hog})" in named, said
        assert f"kill {hog}" in named, said
    finally:
        os.kill(hog, signal.SIGKILL)
        os.waitpid(hog, 0)


def one_allowed_processor():
    one = min(os.sched_getaffinity(0))
    status, said = doctor(before=lambda: os.sched_setaffinity(0, {one}))
    assert status == 3, said
    assert f"only one processor is allowed ({one})" in line_of(said, "processors:"), said


def a_refused_congestion_control():
    status, said = doctor("--congestion", "none_such")
    assert "none_such was refused (" in line_of(said, "congestion control:"), said


def bbr():
    status, said = doctor("--congestion", "bbr")
    told = line_of(said, "congestion control:")
    if "bbr was refused" in told:  # this kernel has none, or not for this user
        print("bbr cannot be had here; doctor_test.cpp describes a machine that uses it")
    else:
        assert "bbr is in use" in told, said


def unreadable_counters():
    """A filter that refuses perf_event_open, as containers have it."""
    number, architecture = {"x86_64": (298, 0xC000003E), "aarch64": (241, 0xC00000B7)}[platform.machine()]

    def refuse():
        libc = ctypes.CDLL(None, use_errno=True)
        load, equal, give = 0x20, 0x15, 0x06
        allow, eperm = 0x7FFF0000, 0x00050000 | 1
        text = b"".join(struct.pack("HBBI", *each) for each in (
            (load, 0, 0, 4), (equal, 0, 3, architecture), (load, 0, 0, 0), (equal, 0, 1, number), (give, 0, 0, eperm),
            (give, 0, 0, allow)))
        kept = ctypes.create_string_buffer(text)

        class filter(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("text", ctypes.c_void_p)]

        rules = filter(len(text) // 8, ctypes.addressof(kept))
        no_new_privileges, set_filter = 38, 22
        if libc.prctl(no_new_privileges, 1, 0, 0, 0) != 0 or libc.prctl(set_filter, 2, ctypes.byref(rules), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot filter system calls")

    status, said = doctor(before=refuse)
    told = line_of(said, "processor counters:")
    assert "not measured: not permitted" in told and "perf_event_paranoid" in told, said


for each in (a_busy_neighbour, one_allowed_processor, a_refused_congestion_control, bbr, unreadable_counters):
    each()
    print(each.__name__.replace("_", " ") + ": named")
