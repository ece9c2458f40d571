# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0

"""Programs that a test runs, and what it finds wrong. Every wait is bounded, and every process started here is ended here."""

import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
import traceback

PATIENCE = 60.0  # seconds for any one wait: far more than it takes, also under a sanitizer on a busy machine


class Failure(Exception):
    """What a test found wrong."""


def check(holds, what):
    if not holds:
        raise Failure(what)


def check_equal(found, expected, what):
    check(found == expected, f"{what}: {found!r}, expected {expected!r}")


class Program:
    """A running program; use it in a with statement. `how` is for subprocess.Popen, where it is not as usual."""

    patience = PATIENCE  # seconds for any one wait

    def __init__(self, program, *arguments, **how):
        self.name = os.path.basename(program)
        self.said = {"stdout": [], "stderr": []}
        self._new = {"stdout": queue.Queue(), "stderr": queue.Queue()}
        check(os.access(program, os.X_OK), f"{program} is not built")
        pipes = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.PIPE)
        self._process = subprocess.Popen([program, *map(str, arguments)], text=True, **{**pipes, **how})
        self._readers = [threading.Thread(target=self._read, args=(kind,), daemon=True) for kind in self.said]
        for reader in self._readers:
            reader.start()

    def _read(self, kind):
        for line in getattr(self._process, kind) or []:  # none where it goes elsewhere
            self.said[kind].append(line)
            self._new[kind].put(line)
        self._new[kind].put(None)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(self.patience)
        for reader in self._readers:
            reader.join(self.patience)
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        if kind is not None:
            sys.stderr.write(f"--- {self} said:\n{self.output()}{self.errors()}---\n")

    def __str__(self):
        return " ".join([self.name, *self._process.args[1:]])

    def output(self):
        return "".join(self.said["stdout"])

    def errors(self):
        return "".join(self.said["stderr"])

    def line(self, pattern, kind="stdout"):
        """The match of the next line that matches."""
        while True:
            try:
                line = self._new[kind].get(timeout=self.patience)
            except queue.Empty:
                raise Failure(f"{self} did not say '{pattern}' on {kind} in {self.patience:.0f} s") from None
            check(line is not None, f"{self} ended without saying '{pattern}' on {kind}")
            found = re.search(pattern, line)
            if found:
                return found

    def press_enter(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def signal(self, which):
        self._process.send_signal(which)

    def status(self):
        """The exit status, when it has ended and all it said is read."""
        try:
            status = self._process.wait(self.patience)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self} did not end in {self.patience:.0f} s") from None
        for reader in self._readers:
            reader.join(self.patience)
        return status

    def succeeds(self):
        check_equal(self.status(), 0, f"status of {self}")
        check_equal(self.errors(), "", f"stderr of {self}")

    def fails(self, *patterns):
        """Ends with status 1 (so neither by a signal nor over its usage) and says all of `patterns` on stderr."""
        check_equal(self.status(), 1, f"status of {self}")
        for pattern in patterns:
            check(re.search(pattern, self.errors()), f"{self} did not say '{pattern}' on stderr")


def run(test, *arguments):
    """Calls it. A failure ends the script, and says at which of its lines."""
    try:
        test(*arguments)
    except Failure as failure:
        script = sys.modules["__main__"].__file__
        line = traceback.extract_tb(failure.__traceback__)
        place = next(frame for frame in reversed(line) if frame.filename == script)
        sys.exit(f"{place.filename}:{place.lineno}: {failure}")
