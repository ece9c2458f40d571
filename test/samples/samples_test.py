# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0

"""Each sample does what its first comment says."""

import contextlib
import hashlib
import os
import signal
import socket
import tempfile
import threading
import time

from harness import (HELLO, LINE, PATIENCE, SHA256, SIZE, Kept, Program, Sending, accepted, check, check_equal,
                     connected, listening, main, port_of, received, refused_port, silent_port, test)

PATIENT = 60  # SECONDS of the clients


def port_said(sample):
    return int(sample.line(r"^listening on 127\.0\.0\.1:(\d+)$")[1])


@test("sample.receive")
def _():
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "kept")
        with Program("receive", 0, "--write", file, "--wait") as sample:
            with connected(port_said(sample)) as peer:
                sample.line("is connected; press Enter to begin to read$")
                peer.sendall(LINE * 3)
                sample.press_enter()
                peer.shutdown(socket.SHUT_WR)
                sample.line(f"^all received from .*: {3 * len(LINE)} bytes$")
            sample.succeeds()
        with open(file, "rb") as kept:
            check_equal(kept.read(), LINE * 3, "what was kept")


@test("sample.01_send_blocking")
def _():
    with Program("receive", 0) as receiver:
        with Program("01_send_blocking", "127.0.0.1", port_said(receiver), PATIENT) as sample:
            sample.succeeds()
        receiver.line(f": {SIZE} bytes$")
        receiver.succeeds()


@test("sample.02_send_nonblocking")
def _():
    # The receiver begins to read only when the first number is known: a send takes what the buffers hold, no more.
    with Program("receive", 0, "--wait") as receiver:
        with Program("02_send_nonblocking", "127.0.0.1", port_said(receiver), PATIENT) as sample:
            first = int(sample.line(f"^one send took (\\d+) of {SIZE} bytes$")[1])
            check(0 < first < SIZE, f"one send took {first} bytes")
            receiver.press_enter()
            sample.line(f"^sent {SIZE} bytes to ")
            work = sample.line(r"^other work was done (\d+) times")
            check(int(work[1]) > 0, "the thread did no other work")
            sample.succeeds()
        receiver.line(f": {SIZE} bytes$")
        receiver.succeeds()

    # Without the second attempt "all received" is not all.
    with Program("receive", 0, "--wait") as receiver:
        with Program("02_send_nonblocking", "127.0.0.1", port_said(receiver), PATIENT, "--once") as sample:
            first = int(sample.line(f"^one send took (\\d+) of {SIZE} bytes$")[1])
            sample.succeeds()
        receiver.press_enter()
        check_equal(int(receiver.line(r"^all received from .*: (\d+) bytes$")[1]), first, "what the receiver calls all")
        receiver.succeeds()


@test("sample.03_send_async")
def _():
    # As long as nothing is read, the event loop has nothing but the other work.
    with Program("receive", 0, "--wait") as receiver:
        with Program("03_send_async", "127.0.0.1", port_said(receiver), PATIENT) as sample:
            receiver.line("press Enter")
            receiver.press_enter()
            sample.line(f"^sent {SIZE} bytes to ")
            check(int(sample.line(r"^other work was done (\d+) times")[1]) > 0, "the loop did no other work")
            sample.succeeds()
        receiver.line(f": {SIZE} bytes$")
        receiver.succeeds()


@test("sample.04_own_loop")
def _():
    with Program("receive", 0, "--wait") as receiver:
        with Program("04_own_loop", "127.0.0.1", port_said(receiver), PATIENT) as sample:
            sample.press_enter()
            sample.line(f"^\\d+ of {SIZE} bytes are sent$")
            receiver.press_enter()
            sample.line(f"^sent {SIZE} bytes to ")
            sample.succeeds()
        receiver.line(f": {SIZE} bytes$")
        receiver.succeeds()


@test("sample.05_receive_nonblocking")
def _():
    with Kept() as kept, Program("05_receive_nonblocking", 0, "--write", kept.path, pass_fds=(kept.fd,)) as sample:
        with connected(port_said(sample)) as peer:
            sample.line("^nothing from .* yet; going on$")  # so now there is something to go on with
            Sending(peer).done()
        sample.line(f"^all received from .*: {SIZE} bytes$")
        found = sample.line(r"^found nothing (\d+) times; other work was done (\d+) times")
        check(0 < int(found[1]) <= int(found[2]), "other work was done less often than nothing was found")
        sample.succeeds()
        check_equal(kept.found(), (SIZE, SHA256), "what was kept")


@test("sample.06_stop")
def _():
    # A terminal of its own, since it is a key that stops it.
    with silent_port() as port:
        keyboard, terminal = os.openpty()
        try:
            with Program("06_stop", "127.0.0.1", port, PATIENT, stdin=terminal) as sample:
                sample.line("press Enter to stop$")
                os.write(keyboard, b"\n")
                check(float(sample.line(r"^stopped after (\S+) s; ")[1]) < PATIENT / 2, "stopped late")
                check_equal(sample.status(), 3, "status")
        finally:
            os.close(keyboard)
            os.close(terminal)

    # The key, not the end of the keyboard: with none it connects, or fails, as if nobody were there.
    with listening() as at, Program("06_stop", "127.0.0.1", port_of(at), stdin=-3) as sample:
        sample.line("^connected to ")
        sample.succeeds()
    with refused_port() as closed, Program("06_stop", "127.0.0.1", port_of(closed), stdin=-3) as sample:
        sample.fails("cannot connect .*Connection refused")


@test("sample.07_when_it_fails")
def _():
    # The peer begins to read when the first try has stalled: the second goes on where the first was.
    with listening() as at:
        with Program("07_when_it_fails", "127.0.0.1", port_of(at), "--stall", 0.5, "--tries", 1000) as sample:
            with accepted(at) as peer:
                stalled = int(sample.line(r"^at byte (\d+): no progress within the stall limit; going on$")[1])
                check(0 < stalled < SIZE, f"it stalled at byte {stalled}")
                check_equal(received(peer), (SIZE, SHA256), "what the peer received")
            sample.line(f"^sent {SIZE} bytes to ")
            sample.succeeds()

    limits = {
        "the operation's time limit passed": ["--timeout", 0.5],
        "no progress within the stall limit": ["--stall", 0.5],
    }
    for message, options in limits.items():
        with listening() as at:
            with Program("07_when_it_fails", "127.0.0.1", port_of(at), "--tries", 2, *options) as sample:
                with accepted(at) as peer:
                    sample.fails(message)
                    counted = int(sample.line(r"gave up on .* after exactly (\d+) bytes", "stderr")[1])
                    check_equal(received(peer)[0], counted, "bytes that the peer received")


@test("sample.11_send_file")
def _():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        with open(path, "wb") as file:
            file.write(HELLO)
        for begin in 0, 1, SIZE - 1, SIZE:
            with listening() as at:
                with Program("11_send_file", "127.0.0.1", port_of(at), path, PATIENT, "--from", begin) as sample:
                    with accepted(at) as peer:
                        check_equal(received(peer), (SIZE - begin, hashlib.sha256(HELLO[begin:]).hexdigest()),
                                    "what the peer received")
                    sample.line(f"^sent {SIZE - begin} bytes of ")
                    sample.succeeds()

        # A peer that reads nothing: what it has by then is what was counted, or less.
        with listening() as at:
            with Program("11_send_file", "127.0.0.1", port_of(at), path, 0.5) as sample:
                with accepted(at) as peer:
                    sample.fails("no progress within the stall limit")
                    counted = int(sample.line(r"sent exactly (\d+) bytes of ", "stderr")[1])
                    check_equal(received(peer)[0], counted, "bytes that the peer received")

        for wrong, message in ((os.path.join(folder, "none"), "No such file or directory"),
                               (folder, "Is a directory")):
            with listening() as at:
                with Program("11_send_file", "127.0.0.1", port_of(at), wrong, PATIENT) as sample:
                    sample.fails(message)


@test("sample.10_timeout_under_beast")
def _():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    for body in b"helloworld", b"hello":
        with listening() as at:
            with Program("10_timeout_under_beast", "127.0.0.1", port_of(at), "/there", 0.5) as sample:
                with accepted(at) as peer:
                    check(peer.recv(1000).startswith(b"GET /there HTTP/1.1\r\n"), "it asks for something else")
                    peer.sendall(head + body)
                    if body == b"helloworld":
                        sample.line("^helloworld$")
                        sample.succeeds()
                    else:
                        sample.fails("went silent after 5 bytes of its answer: the operation's time limit passed")

    # One that is never silent, and never ready either: it has six times as long.
    with listening() as at, Program("10_timeout_under_beast", "127.0.0.1", port_of(at), "/", 1) as sample:
        with accepted(at) as peer:
            peer.recv(1000)
            peer.sendall(head.replace(b"10", b"1000000"))
            with contextlib.suppress(OSError):  # it has given up
                for _ in range(10 * int(PATIENCE)):
                    peer.sendall(b"x")
                    time.sleep(0.1)
            sample.fails(r"came no further than \d+ bytes of its answer by the deadline: the operation's time limit passed")
    with refused_port() as closed, Program("10_timeout_under_beast", "127.0.0.1", port_of(closed)) as sample:
        sample.fails("cannot connect: Connection refused")


@test("sample.08_many_connections")
def _():
    def talk(peer, letter, answers):
        data = letter * 3_000_000
        sending = Sending(peer, data)
        answer = bytearray()
        while piece := peer.recv(1 << 16):
            answer += piece
        sending.done()
        answers[letter] = answer == data

    with Program("08_many_connections", 0, "--loops", 2, "--idle", PATIENT) as sample:
        port = port_said(sample)
        letters = [bytes([letter]) for letter in b"abcdefgh"]
        answers = {}
        peers = {letter: connected(port) for letter in letters}  # all are there before the first says anything
        talks = [threading.Thread(target=talk, args=(peers[letter], letter, answers), daemon=True) for letter in letters]
        for each in talks:
            each.start()
        for each in talks:
            each.join(PATIENCE)
        for peer in peers.values():
            peer.close()
        check_equal(answers, dict.fromkeys(letters, True), "who got back what it sent")
        with connected(port) as silent:  # one that is still there when it is stopped
            silent.sendall(b"x")
            check_equal(silent.recv(1), b"x", "its answer")
            sample.signal(signal.SIGINT)
            sample.line("^stopped$")
        sample.succeeds()

    with Program("08_many_connections", 0, "--idle", 0.2) as sample:
        with connected(port_said(sample)) as silent:
            sample.line("^lost .*: the operation's time limit passed$")
            check_equal(silent.recv(1), b"", "what the server said to the idle one")
        sample.signal(signal.SIGTERM)
        sample.succeeds()


@test("sample.09_choosing_a_way")
def _():
    ways = ["blocking", "nonblocking", "async"]
    for arguments in [], *([way] for way in ways):
        with Program("09_choosing_a_way", *arguments) as sample:
            sample.succeeds()
            said = [line.split()[0] for line in sample.output().splitlines() if f"sent {SIZE} bytes" in line]
            check_equal(said, arguments or ways, "the ways that were timed")


main()
