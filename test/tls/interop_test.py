# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0

"""trivium's TLS against others: interop_test.py <tls_end> <test> [bytes]. The tests are named below.

What is sent is compared by its SHA-256. Every wait is bounded, and every process started here is ended here.
"""

import contextlib
import hashlib
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "support"))

import programs
from programs import check, check_equal

PATIENCE = 500  # seconds for any one wait: far more than it takes; ctest's limit is shorter
SMALL = 4096  # the kernel doubles it, and does not go below

program = None
size = 8 << 20


class End(programs.Program):
    """A running tls_end."""

    patience = PATIENCE

    def __init__(self, **arguments):
        super().__init__(program, *(f"{name}={value}" for name, value in arguments.items()))

    def __exit__(self, *failure):
        self._process.stdin.close()  # then one that made certificates removes them
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        super().__exit__(*failure)

    def port(self):
        return int(self.line(r"^listening=(\d+)$")[1])

    def told(self):
        line = self.line("^sha256=.*")[0]
        check_equal(self.status(), 0, f"status of {self}")
        return dict(word.split("=", 1) for word in re.findall(r"\w+=.*?(?= \w+=|$)", line))


@contextlib.contextmanager
def certificates():
    with End(role="certificates") as maker:
        yield maker.line(".+")[0]


# --- Data, and how it is read. ------------------------------------------------------------------------------------------

def data():
    """In blocks, so that 256 MiB need not be held."""
    block = bytearray(os.urandom(1 << 16))
    for number in range(size // len(block)):
        block[:8] = number.to_bytes(8, "little")
        yield bytes(block)


def write_all(write):
    digest = hashlib.sha256()
    for block in data():
        digest.update(block)
        write(block)
    return digest.hexdigest()


def read_slowly(read, parts_of):
    """Rests now and then: its pace, not a synchronisation. Until the end; the digest and the count."""
    digest, count, rest = hashlib.sha256(), 0, 0
    while True:
        part = read(parts_of)
        if not part:
            return digest.hexdigest(), count
        digest.update(part)
        count += len(part)
        if count >= rest:
            rest += max(size // 50, 1 << 16)
            time.sleep(0.005)


# --- Python's ssl as the other end. -------------------------------------------------------------------------------------

def small(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    sock.settimeout(PATIENCE)
    return sock


@contextlib.contextmanager
def python_server(folder, way, direction, **more):
    """A tls_end that is a client of Python's; yields Python's end of the connection and the tls_end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/good.pem", f"{folder}/good.key")
    with small(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        with End(role="client", way=way, direction=direction, port=listening.getsockname()[1], ca=f"{folder}/ca.pem",
                 buffers=SMALL, **more) as end:
            below, _ = listening.accept()
            with context.wrap_socket(small(below), server_side=True) as peer:
                yield peer, end


@contextlib.contextmanager
def python_client(folder, way, direction, **more):
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    with End(role="server", way=way, direction=direction, certificate=f"{folder}/good.pem", key=f"{folder}/good.key",
             buffers=SMALL, **more) as end:
        below = small(socket.socket())
        below.connect(("127.0.0.1", end.port()))
        with context.wrap_socket(below, server_hostname="localhost") as peer:
            yield peer, end


def with_python(between, way, direction, **more):
    with certificates() as folder:
        if direction == "send":
            with between(folder, way, "send", bytes=size, **more) as (peer, end):
                seen = read_slowly(peer.recv, 3000)
                peer.unwrap().close()
                told = end.told()
        else:
            with between(folder, way, "receive", bytes=0, **more) as (peer, end):
                seen = write_all(peer.sendall), size
                peer.unwrap().close()
                told = end.told()
    check(told["sha256"] == seen[0], f"the bytes differ: {told}, {seen}")
    check(int(told["bytes"]) == seen[1] == size, f"{told['bytes']} and {seen[1]} of {size} bytes")
    check(told["end"] == "clean", f"the end was {told['end']}")
    return told


# --- openssl's s_server and s_client. -----------------------------------------------------------------------------------

@contextlib.contextmanager
def openssl(*arguments):
    process = subprocess.Popen(["openssl", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    try:
        yield process
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.kill()
        process.wait()
        process.stdout.close()
        watch.cancel()


def listens(port):
    with open("/proc/net/tcp") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table.readlines()[1:])


@contextlib.contextmanager
def s_server(folder, who="good"):
    """Yields the process and its port. openssl does not tell a port of the system's choice when it is quiet, so one is
    looked for that is free; should somebody else be quicker, there is another. Without -nbio it sometimes sleeps in a read of
    the socket when it should read its stdin."""
    for _ in range(20):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with openssl("s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{folder}/{who}.pem", "-key",
                     f"{folder}/{who}.key", "-quiet", "-nbio", "-naccept", "1") as process:
            until = time.monotonic() + PATIENCE
            while process.poll() is None and not listens(port) and time.monotonic() < until:
                time.sleep(0.01)
            if process.poll() is None:
                yield process, port
                return
    check(False, "openssl s_server does not listen")


def write_quietly(process):
    digest = write_all(process.stdin.write)
    process.stdin.flush()
    return digest


def small_for_openssl():
    """Its own buffers cannot be made small, so that it acknowledges late what comes out of ours: 2 MB/s with 4 KiB."""
    return SMALL if size <= 8 << 20 else 8 * SMALL


def with_s_server(way, direction):
    with certificates() as folder, s_server(folder) as (server, port):
        with End(role="client", way=way, direction=direction, bytes=size, port=port, ca=f"{folder}/ca.pem",
                 buffers=small_for_openssl()) as end:
            seen = read_slowly(server.stdout.read1, 3000) if direction == "send" else (write_quietly(server), size)
            told = end.told()
    check(told["sha256"] == seen[0], f"the bytes differ: {told}, {seen}")
    check(seen[1] == size, f"{seen[1]} of {size} bytes")


def with_s_client(way, direction):
    with certificates() as folder:
        with End(role="server", way=way, direction=direction, bytes=size if direction == "send" else 0,
                 certificate=f"{folder}/good.pem", key=f"{folder}/good.key", buffers=small_for_openssl()) as end:
            with openssl("s_client", "-connect", f"127.0.0.1:{end.port()}", "-CAfile", f"{folder}/ca.pem",
                         "-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-no_ign_eof",
                         "-nocommands") as client:
                if direction == "send":
                    seen = read_slowly(client.stdout.read1, 3000)
                else:
                    seen = write_quietly(client), size
                    client.stdin.close()  # says close_notify
                told = end.told()
    check(told["sha256"] == seen[0], f"the bytes differ: {told}, {seen}")
    check(int(told["bytes"]) == seen[1] == size, f"{told['bytes']} and {seen[1]} of {size} bytes")
    if direction == "receive":
        check(told["end"] == "clean", f"the end was {told['end']}")


# --- Others. ------------------------------------------------------------------------------------------------------------

def interrupted(way, direction):
    """A limit of a few milliseconds ends it again and again, most often within a record."""
    told = with_python(python_server, way, direction, limit_ms=3)
    check(int(told["limits"]) > 0, f"no limit ended anything: {told}")
    if direction == "send":
        check(int(told["held_back"]) > 0, f"nothing was held back: {told}")


def truncated(way):
    """The peer's connection ends, and the peer has not said so."""
    with certificates() as folder:
        with python_server(folder, way, "receive", bytes=0) as (peer, end):
            peer.sendall(b"x" * 100000)
            below = peer.detach()
            socket.socket(fileno=below).close()
            told = end.told()
    check(told["end"] == "truncated" and told["bytes"] == "100000", f"told {told}")


def refused(who, word):
    with certificates() as folder, s_server(folder, who) as (_, port):
        with End(role="client", way="blocking", direction="send", bytes=size, port=port, ca=f"{folder}/ca.pem") as end:
            said = end.line("^handshake: .*")[0]
    check(word in said, f"{who} was told as: {said}")


REFUSED = {"other_name": "another host name", "expired": "has expired", "self_signed": "self-signed",
           "of_a_stranger": "issuer that is not trusted"}
PEERS = {"python_server": lambda *how: with_python(python_server, *how),
         "python_client": lambda *how: with_python(python_client, *how),
         "s_server": with_s_server, "s_client": with_s_client}


def main():
    global program, size
    program, name = sys.argv[1:3]
    if len(sys.argv) > 3:
        size = int(sys.argv[3])
    subject, *how = name.split(".")
    if subject in PEERS:
        PEERS[subject](*how)
    elif subject == "interrupted":
        interrupted(*how)
    elif subject == "truncated":
        truncated(*how)
    else:
        check(subject == "refused", f"there is no test {name}")
        refused(how[0], REFUSED[how[0]])


programs.run(main)
