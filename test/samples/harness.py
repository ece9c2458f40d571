# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0

"""Runs samples against CPython's own sockets. Every wait is bounded, and every process started here is ended here."""

import contextlib
import hashlib
import os
import select
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "support"))

import programs
from programs import PATIENCE, Failure, check, check_equal

LINE = b"Hello Python\n"
SIZE = len(LINE) * 10 * 1024 * 1024
HELLO = LINE * (10 * 1024 * 1024)
SHA256 = "a0c1c4c672cc49990bafed7bce46d0b550e3e4d1137cea96703afac4a5087471"  # hashlib.sha256(HELLO).hexdigest()


class Program(programs.Program):
    """A running sample; use it in a with statement. `how` is for subprocess.Popen, where it is not as usual."""

    folder = None  # where the samples are; set by main()

    def __init__(self, name, *arguments, **how):
        super().__init__(os.path.join(self.folder, name), *arguments, **how)


def listening():
    """A socket of Python's that listens on a free port of loopback."""
    at = socket.create_server(("127.0.0.1", 0))
    at.settimeout(PATIENCE)
    return at


def port_of(listening_socket):
    return listening_socket.getsockname()[1]


def accepted(at):
    peer, _ = at.accept()
    peer.settimeout(PATIENCE)
    return peer


def connected(port):
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def received(peer):
    """(bytes, SHA-256) of all that comes until the other end has finished."""
    digest = hashlib.sha256()
    size = 0
    piece = bytearray(1 << 20)
    while True:
        count = peer.recv_into(piece)
        if count == 0:
            return size, digest.hexdigest()
        digest.update(memoryview(piece)[:count])
        size += count


def reset(peer):
    """Closes so that the other end hears a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def refused_port():
    """A port of loopback where nobody listens: bound by the socket returned, so that nobody can begin to."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder


@contextlib.contextmanager
def silent_port():
    """A port of loopback that never answers: its backlog is full, so that the kernel drops each new SYN."""
    with contextlib.ExitStack() as stack:
        at = stack.enter_context(socket.socket())
        at.bind(("127.0.0.1", 0))
        at.listen(0)
        for _ in range(16):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(at.getsockname())
            # On loopback the answer comes with the call; a second is for a machine that stands still.
            if not select.select([], [one], [], 1.0)[1]:
                yield port_of(at)
                return
        raise Failure("could not fill the backlog of a listening socket")


class Kept:
    """What a sample writes to the file `path`: hashed as it comes, through a pipe."""

    def __enter__(self):
        self._read, self.fd = os.pipe()
        self.path = f"/dev/fd/{self.fd}"
        self._found = None
        self._thread = threading.Thread(target=self._hash, daemon=True)
        self._thread.start()
        return self

    def _hash(self):
        digest = hashlib.sha256()
        size = 0
        while piece := os.read(self._read, 1 << 20):
            digest.update(piece)
            size += len(piece)
        self._found = size, digest.hexdigest()

    def __exit__(self, *_):
        self.found()
        os.close(self._read)

    def found(self):
        """(bytes, SHA-256), when the sample has ended."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        self._thread.join(PATIENCE)
        return self._found


class Sending(threading.Thread):
    """Sends `data` from Python in a thread, and ends the sending unless told otherwise."""

    def __init__(self, peer, data=HELLO):
        super().__init__(daemon=True)
        self._peer, self._data, self._error = peer, data, None
        self.start()

    def run(self):
        try:
            self._peer.sendall(self._data)
            self._peer.shutdown(socket.SHUT_WR)
        except OSError as error:
            self._error = error

    def done(self):
        self.join(PATIENCE)
        check(not self.is_alive(), f"Python could not send in {PATIENCE:.0f} s")
        check(self._error is None, f"Python could not send: {self._error}")


_tests = {}


def test(name):
    """Names a test function as ctest does."""

    def register(function):
        check(name not in _tests, f"two tests are called {name}")
        _tests[name] = function
        return function

    return register


def main():
    """harness.main(), as `<script> <folder of the samples> <test>`."""
    Program.folder, wanted = sys.argv[1:]
    if wanted not in _tests:
        sys.exit(f"there is no test '{wanted}' here; there are: {' '.join(_tests)}")
    programs.run(_tests[wanted])
