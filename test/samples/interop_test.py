# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0

"""Every way against CPython's socket module, in both directions: what arrives is what was sent, by its SHA-256."""

import signal

from harness import (HELLO, SHA256, SIZE, Kept, Program, Sending, accepted, check_equal, connected, listening, main,
                     port_of, received, test)

PATIENT = 60  # SECONDS of the clients


def sends(client):
    with listening() as at, Program(client, "127.0.0.1", port_of(at), PATIENT) as sample:
        with accepted(at) as peer:
            check_equal(received(peer), (SIZE, SHA256), "what Python received")
        sample.succeeds()
        sample.line(f"^sent {SIZE} bytes to 127.0.0.1:{port_of(at)}$")


def receives(server):
    with Kept() as kept, Program(server, 0, "--write", kept.path, pass_fds=(kept.fd,)) as sample:
        port = int(sample.line(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
        with connected(port) as peer:
            who = ":".join(map(str, peer.getsockname()))
            Sending(peer).done()
        sample.succeeds()
        sample.line(f"^all received from {who}: {SIZE} bytes$")
        check_equal(kept.found(), (SIZE, SHA256), "what the sample received")


@test("interop.blocking.send")
def _():
    sends("01_send_blocking")


@test("interop.nonblocking.send")
def _():
    sends("02_send_nonblocking")


@test("interop.async.send")
def _():
    sends("03_send_async")


@test("interop.blocking.receive")
def _():
    receives("receive")


@test("interop.nonblocking.receive")
def _():
    receives("05_receive_nonblocking")


@test("interop.async.receive")
def _():
    # It sends back what it receives, so that one hash tells of both.
    with Program("08_many_connections", 0, "--idle", PATIENT) as sample:
        port = int(sample.line(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
        with connected(port) as peer:
            sending = Sending(peer, HELLO)
            check_equal(received(peer), (SIZE, SHA256), "what came back to Python")
            sending.done()
        sample.line(f"got {SIZE} bytes back$")
        sample.signal(signal.SIGTERM)
        sample.succeeds()


main()
