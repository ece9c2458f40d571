# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0

"""What goes wrong is said: a clear error on stderr, status 1 (2 for a wrong command line), and an exact count."""

import fcntl
import hashlib
import re
import resource
import socket
import struct
import termios
import time

from harness import (HELLO, PATIENCE, SIZE, Program, accepted, check, check_equal, connected, listening, main, port_of,
                     received, refused_port, reset, silent_port, test)

SEND = {"blocking": "01_send_blocking", "nonblocking": "02_send_nonblocking", "async": "03_send_async"}
RECEIVE = {"blocking": "receive", "nonblocking": "05_receive_nonblocking"}
USAGE = {  # a command line that is right
    "receive": ["0"],
    "01_send_blocking": ["127.0.0.1", "1"],
    "02_send_nonblocking": ["127.0.0.1", "1"],
    "03_send_async": ["127.0.0.1", "1"],
    "04_own_loop": ["127.0.0.1", "1"],
    "05_receive_nonblocking": ["0"],
    "06_stop": ["127.0.0.1", "1"],
    "07_when_it_fails": ["127.0.0.1", "1"],
    "08_many_connections": ["0"],
    "09_choosing_a_way": ["blocking"],
    "10_timeout_under_beast": ["127.0.0.1", "1", "/"],
}


def of_each_way(subject, programs):
    """bad_input.<subject>.<way> for each of `programs`."""

    def register(function):
        for way, program in programs.items():
            test(f"bad_input.{subject}.{way}")(lambda program=program: function(program))
        return function

    return register


@of_each_way("refused", SEND)
def refused(client):
    with refused_port() as closed, Program(client, "127.0.0.1", port_of(closed)) as sample:
        sample.fails(f"^127.0.0.1:{port_of(closed)}: cannot connect: Connection refused; ")


@of_each_way("unreachable", SEND)
def unreachable(client):
    with silent_port() as port, Program(client, "127.0.0.1", port, 0.3) as sample:
        sample.fails(f"^127.0.0.1:{port}: cannot connect: the operation's time limit passed; ")


@of_each_way("no_such_name", SEND)
def no_such_name(client):
    # Where no name server answers, that is not known before the limit.
    with Program(client, "nosuch.invalid", 12345, 20) as sample:
        sample.fails("^nosuch.invalid:12345: cannot connect: (Host not found|the operation's time limit passed)")


@of_each_way("no_such_service", SEND)
def no_such_service(client):
    with Program(client, "127.0.0.1", "nosuchservice") as sample:
        sample.fails("^127.0.0.1:nosuchservice: cannot connect: Service not found; ")


@of_each_way("peer_reads_nothing", SEND)
def peer_reads_nothing(client):
    with listening() as at, Program(client, "127.0.0.1", port_of(at), 0.5) as sample, accepted(at) as peer:
        sample.fails("no progress within the stall limit; ")
        counted = int(sample.line(r": sent exactly (\d+) bytes: ", "stderr")[1])
        check(0 < counted < SIZE, f"it counted {counted} bytes")
        expected = counted, hashlib.sha256(memoryview(HELLO)[:counted]).hexdigest()
        check_equal(received(peer), expected, "what the peer found afterwards")


@of_each_way("peer_resets", SEND)
def peer_resets(client):
    with listening() as at, Program(client, "127.0.0.1", port_of(at), PATIENCE) as sample:
        peer = accepted(at)
        read = len(peer.recv(1_000_000, socket.MSG_WAITALL))
        reset(peer)
        sample.fails("Connection reset by peer|Broken pipe")
        counted = int(sample.line(r": sent exactly (\d+) bytes: ", "stderr")[1])
        check(read <= counted < SIZE, f"it counted {counted} bytes, of which the peer read {read}")


@of_each_way("sender_resets", RECEIVE)
def sender_resets(server):
    with Program(server, 0) as sample:
        peer = connected(int(sample.line(r"^listening on 127\.0\.0\.1:(\d+)$")[1]))
        peer.sendall(HELLO[:1_000_000])
        # A reset throws away what has not arrived. No event tells that all has: ask again until it is so.
        end = time.monotonic() + PATIENCE
        while struct.unpack("i", fcntl.ioctl(peer, termios.TIOCOUTQ, bytes(4)))[0] != 0:
            check(time.monotonic() < end, "the sample's kernel does not take what was sent")
            time.sleep(0.001)
        reset(peer)
        sample.fails("^lost .* after exactly 1000000 bytes: Connection reset by peer; ")


@test("bad_input.sender_resets.async")
def _():
    # The server tells, and serves others.
    with Program("08_many_connections", 0) as sample:
        port = int(sample.line(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
        reset(connected(port))
        sample.line("^lost .*: Connection reset by peer$")
        with connected(port) as peer:
            peer.sendall(b"x")
            check_equal(peer.recv(1), b"x", "the answer to another")


@of_each_way("closed_socket", {way: way for way in SEND})
def closed_socket(way):
    with Program("closed_socket", way) as program:
        verbs = ["send_some", "send_all", "receive_some", "receive_all", "finish", "accept"]
        program.fails(*(f"{way}::{verb}: Bad file descriptor after exactly 0 bytes" for verb in verbs))


@test("bad_input.address")
def _():
    with listening() as at, Program("receive", port_of(at)) as sample:
        sample.fails(f"cannot listen on 127.0.0.1:{port_of(at)}: Address already in use; ")
    with Program("receive", 0, "--address", "nonsense") as sample:
        sample.fails("'nonsense' is no address")


@test("bad_input.descriptors")
def _():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))  # the three that every program has, and one

    with Program("08_many_connections", 0, preexec_fn=few) as sample:
        sample.fails("^127.0.0.1:0: cannot serve: Too many open files; allow more with `ulimit -n`$")


@test("bad_input.output")
def _():
    def lost(sample):
        sample.fails("^cannot write all to standard output; ")

    with open("/dev/full", "w") as full:
        for sample in USAGE:
            with Program(sample, "--help", stdout=full) as program:
                lost(program)
        with Program("09_choosing_a_way", "blocking", stdout=full) as sample:
            lost(sample)
        with listening() as at, Program("01_send_blocking", "127.0.0.1", port_of(at), stdout=full) as sample:
            with accepted(at) as peer:
                check_equal(received(peer)[0], SIZE, "bytes that the peer received")
            lost(sample)


@test("bad_input.file")
def _():
    with Program("receive", 0, "--write", "/dev/full") as sample:
        with connected(int(sample.line(r"^listening on 127\.0\.0\.1:(\d+)$")[1])) as peer:
            peer.sendall(b"x")
            peer.shutdown(socket.SHUT_WR)
            sample.fails("cannot write all of /dev/full; ")
    for server in RECEIVE.values():
        with Program(server, 0, "--write", "/nosuch/file") as sample:
            sample.fails("cannot write /nosuch/file; ")


@test("bad_input.usage")
def _():
    wrong = {  # what replaces or follows a right command line, and what is said of it
        "--nosuch": "there is no option '--nosuch'",
        "-": "one word too many|is a number|cannot be|is missing",
        "-x": "there is no option '-x'",
        "-1": "one word too many: '-1'|SECONDS is a number",
        "--hepl": "there is no option '--hepl'; did you mean '--help'",
    }
    for sample, right in USAGE.items():
        lines = [([*right, word], message) for word, message in wrong.items() if word != "-"]
        lines += [([*right, *["x"] * 3], "one word too many|is a number")]
        if sample != "09_choosing_a_way":
            lines += [([], "is missing")]
        for arguments, message in lines:
            refuses(sample, arguments, message)
        with Program(sample, "--help") as program:
            check_equal(program.status(), 0, f"status of {program}")
            usage, _, meaning = program.output().partition("\n")
            check(usage.startswith(f"usage: {sample} "), f"{program} does not say how it is used")
            for optional in re.findall(r"\[([^] ]+)", usage):
                check(optional in meaning, f"{program} does not say what {optional} is")

    for number in "x", "", "0", "-5", "-.5", "nan", "inf", "1e999", "1s", " 1", "9" * 400:
        refuses("01_send_blocking", ["127.0.0.1", "1", number], "SECONDS is a number from 0.001 to ")
    for port in "x", "", "65536", "1.5", "\xff", "9" * 400:
        refuses("receive", [port], "PORT is a number from 0 to 65535, not ")
    refuses("receive", ["0", "--write"], "'--write' needs a value")
    refuses("receive", ["0", "--wirte", "x"], "there is no option '--wirte'; did you mean '--write'")
    refuses("09_choosing_a_way", ["blokcing"], "WAY cannot be 'blokcing'; did you mean 'blocking'")


def refuses(sample, arguments, message):
    with Program(sample, *arguments) as program:
        check_equal(program.status(), 2, f"status of {program}")
        check(message in program.errors() or any(part in program.errors() for part in message.split("|")),
              f"{program} does not say '{message}'")
        check(f"usage: {sample} " in program.errors(), f"{program} does not say how it is used")


main()
