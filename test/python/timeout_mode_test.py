# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""trivium::stream's timeout mode against CPython's: the same commands to both, with the same peer, and what comes of
them compared: the kind of outcome, the bytes, and how long it took.

    timeout_mode_test.py <the program test.actor> [part of a case's name]

A case is: how the peer prepares, the mode, what the peer does a while later, and the commands. Where the two differ on
purpose, DIFFERENT says how and why; an entry there that does not differ any more fails the test too.

A machine may keep a process from running, which adds to the time that something takes and never takes from it. So a
timeout that is early is a fault at once. What such a delay can account for, a longer time, or what comes of a peer
that acted too early or too late for the case, is played again, alone: a mode that waits too long does so every time.
"""

import concurrent.futures
import contextlib
import dataclasses
import itertools
import pathlib
import queue
import socket
import struct
import subprocess
import sys
import threading
import time

LATE = 0.3  # when the peer does what it does later: well after the shorter timeouts, and before the longer
TOLERANCE = 0.2  # seconds by which the two may differ
AT_ONCE = 16
PLAYS = 5  # at most, of a case that differs by what a delay can account for: one without a difference is enough
EARLY = 0.0005  # what a timeout may seem early by: CPython rounds its clocks
MUCH = 8_000_000  # more than all buffers between the two ends
SMALL_BUFFER = 4096


# --- The peers ------------------------------------------------------------------------------------------------------


def nothing(peer):
    pass


def sends(count):
    def act(peer):
        peer.sendall(b"x" * count)

    return act


def closes(peer):
    peer.close()


def resets(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def finishes(peer):
    peer.shutdown(socket.SHUT_WR)


def sends_and(count, then):
    def act(peer):
        sends(count)(peer)
        then(peer)

    return act


def drains(peer):
    def read():
        with contextlib.suppress(OSError):
            while peer.recv(1 << 16):
                pass

    threading.Thread(target=read, daemon=True).start()


def drains_slowly(peer):
    """Always some progress, never much."""

    def read():
        with contextlib.suppress(OSError):
            while peer.recv(4096):
                time.sleep(0.02)

    threading.Thread(target=read, daemon=True).start()


# --- The cases ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Case:
    name: str
    commands: list  # compared
    prepare: object = nothing  # what the peer does first
    before: list = dataclasses.field(default_factory=list)  # commands whose answers do not matter
    later: object = nothing  # what the peer does LATE seconds into the commands
    peer: bool = True  # whether there is a connection
    port: object = None  # of what is connected to, where there is none


MODES = {"blocking": "none", "nonblocking": "0", "20 ms": "0.02", "100 ms": "0.1", "2 s": "2"}
FILL = [f"sndbuf {SMALL_BUFFER}", "FILL"]


def may_hang(mode, ends):
    """Without a limit only what ends the wait ends the case."""
    return mode == "blocking" and not ends or mode == "2 s" and not ends


def receiving():
    states = {  # the peer first, what of it must have arrived, the peer later, whether a receive ends
        "silent": (nothing, [], nothing, False),
        "data is there": (sends(10), ["await data"], nothing, True),
        "much data is there": (sends(50_000), ["await data"], nothing, True),
        "data comes late": (nothing, [], sends(10), True),
        "closed": (closes, ["await end"], nothing, True),
        "closes late": (nothing, [], closes, True),
        "half-closed": (finishes, ["await end"], nothing, True),
        "half-closes late": (nothing, [], finishes, True),
        "reset": (resets, ["await reset"], nothing, True),
        "resets late": (nothing, [], resets, True),
        "data, then closed": (sends_and(10, closes), ["await end"], nothing, True),
        "data, then reset": (sends_and(10, resets), ["await reset"], nothing, True),
    }
    for (state, (first, before, later, ends)), (mode, seconds) in itertools.product(states.items(), MODES.items()):
        if may_hang(mode, ends):
            continue
        for size in (1, 10, 100_000):
            yield Case(f"recv {size}, {state}, {mode}", [f"timeout {seconds}", f"recv {size}"], first, before, later)
        if ends:  # and what is said when it is asked again
            again = ["timeout 1", "recv 100000", "timeout 0.02", "recv 100000"]
            yield Case(f"recv again, {state}, {mode}", [f"timeout {seconds}", "recv 100000"] + again, first, before, later)


def sending():
    states = {  # the peer first, commands before, the peer later, whether it gets going, whether all may be sent
        "idle": (nothing, [], nothing, True, False),
        "draining": (drains, [], nothing, True, True),
        "full": (nothing, FILL, nothing, False, False),
        "full, drains late": (nothing, FILL, drains, True, True),
        "full, resets late": (nothing, FILL, resets, True, True),
        "half-closed by the peer": (finishes, ["await end"], nothing, True, False),
        "half-closed by us": (nothing, ["shutdown"], nothing, True, True),
        "reset": (resets, ["await reset"], nothing, True, True),
    }
    for (state, (first, before, later, goes, ends)), (mode, seconds) in itertools.product(states.items(), MODES.items()):
        for verb, size in itertools.product(("send", "sendall"), (1, 1000, MUCH)):
            whole = size == MUCH and not ends  # never all of it
            if may_hang(mode, goes) or (whole and mode == "blocking") or (whole and verb == "sendall" and mode == "2 s"):
                continue
            if verb == "sendall" and size == MUCH and drains in (first, later) and mode in ("20 ms", "100 ms", "2 s"):
                continue  # how much is taken in that time is the machine's affair
            commands = [f"timeout {seconds}", f"{verb} {size}"]
            yield Case(f"{verb} {size}, {state}, {mode}", commands, first, before, later)
    commands = ["timeout 60", f"sendall {MUCH}"]
    yield Case(f"sendall {MUCH}, draining, 60 s", commands, drains)
    yield Case(f"sendall {MUCH}, full, drains late, 60 s", commands, before=FILL, later=drains)
    for mode in ("20 ms", "100 ms"):
        commands = [f"timeout {MODES[mode]}", f"sendall {MUCH}"]
        yield Case(f"sendall {MUCH}, drained slowly, {mode}", commands, drains_slowly, [f"sndbuf {SMALL_BUFFER}"])
    for mode, seconds in MODES.items():  # the first send is answered with a reset, the second hears of it
        commands = [f"timeout {seconds}", "send 10", "await reset", "recv 10", "send 10"]
        yield Case(f"send twice, closed, {mode}", commands, closes, ["await end"])


def switching():
    changes = {
        "timeout none": "", "timeout 0": "", "timeout 0.05": "", "blocking true": "", "blocking false": "",
        "timeout -1": "",
    }
    for first, second in itertools.product(changes, repeat=2):
        yield Case(f"{first}, then {second}", [first, second, "timeout 0.02", "recv 10"])
        if second != "timeout none" and second != "blocking true" and second != "timeout -1":
            yield Case(f"{first}, then {second}, recv", [first, second, "recv 10"])
    for mode, seconds in MODES.items():  # what a limit ended goes on as if nothing had been
        commands = ["timeout 0.02", "recv 10", f"timeout {seconds}", "recv 10"]
        yield Case(f"recv after a timeout, {mode}", commands, later=sends(10))


def accepting():
    for mode, seconds in MODES.items():
        if not may_hang(mode, False):
            yield Case(f"accept, nobody, {mode}", ["listen", f"timeout {seconds}", "accept"], peer=False)
        yield Case(f"accept, waiting, {mode}", ["listen", f"timeout {seconds}", "CONNECT", "accept"], peer=False)
        yield Case(f"accept, late, {mode}", ["listen", f"timeout {seconds}", "CONNECT LATER", "accept"], peer=False)


def connecting():
    for mode, seconds in MODES.items():
        commands = [f"timeout {seconds}", "connect"]
        if not may_hang(mode, False):
            yield Case(f"connect, unreachable, {mode}", commands, peer=False, port=Unreachable)
        if mode in ("20 ms", "100 ms"):
            continue  # whether a connect is over in that time is the machine's affair
        yield Case(f"connect, listening, {mode}", commands, peer=False, port=Listening)
        if mode == "nonblocking":
            yield Case(f"connect, listening, {mode}, then recv", [*commands, "recv 1"], peer=False, port=Listening)
        yield Case(f"connect, refusing, {mode}", commands, peer=False, port=Refusing)


# Where trivium means to differ: which cases, what it says instead of CPython, and why.
DIFFERENT = {
    "connect, listening, nonblocking, then recv": ("would_block", "no connection",
        "CPython leaves the socket connecting; here a connect that has not succeeded leaves nothing behind, and one "
        "under way is a trivium::connecting"),
}


# --- What is connected to -------------------------------------------------------------------------------------------


class Listening:
    def __init__(self):
        self.sockets = [socket.create_server(("127.0.0.1", 0))]
        self.number = self.sockets[0].getsockname()[1]


class Refusing:
    """Bound, so that nobody else gets the port, and not listening."""

    def __init__(self):
        self.sockets = [socket.socket()]
        self.sockets[0].bind(("127.0.0.1", 0))
        self.number = self.sockets[0].getsockname()[1]


class Unreachable:
    """A full backlog: the kernel drops what else wants to connect."""

    def __init__(self):
        listening = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.number = listening.getsockname()[1]
        self.sockets = [listening]
        while True:
            knocking = socket.socket()
            self.sockets.append(knocking)
            knocking.settimeout(0.2)
            try:
                knocking.connect(("127.0.0.1", self.number))
            except TimeoutError:
                return


# --- Running them ---------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Answer:
    what: str
    count: int
    begun: float  # by the clock that all processes share
    ended: float

    @property
    def took(self):
        return self.ended - self.begun


class Act:
    """What a peer does LATE seconds from now, or when the machine lets it."""

    def __init__(self, act, *arguments):
        def run():
            self.begun = time.monotonic()
            with contextlib.suppress(OSError):
                act(*arguments)
            self.ended = time.monotonic()

        timer = threading.Timer(LATE, run)
        timer.start()
        self.wait = timer.join


@dataclasses.dataclass
class Play:
    answers: list = dataclasses.field(default_factory=list)
    act: Act = None


class Actor:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def tell(self, command):
        self.process.stdin.write(command + "\n")

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the actor died with {self.process.wait(10)}")
        count, begun, ended, what = line.rstrip("\n").split(" ", 3)
        return Answer(what, int(count), int(begun) / 1e9, int(ended) / 1e9)

    def fill(self):
        """Until there has been no room for a while, not for a byte: what is on its way makes some."""
        while True:
            self.do("timeout 0.25")
            while self.do("send 100000").what != "timed_out":
                pass
            self.do("timeout 0")
            if self.do("send 1").what == "would_block":
                return

    def do(self, command):
        self.tell(command)
        return self.answer()


def play(case, actor):
    played = Play()
    actor.do("forget")
    with contextlib.ExitStack() as open_until_the_end:
        if case.peer:
            listening = socket.create_server(("127.0.0.1", 0))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            open_until_the_end.enter_context(listening)
            assert actor.do(f"connect {listening.getsockname()[1]}").what == "ok"
            peer = open_until_the_end.enter_context(listening.accept()[0])
            case.prepare(peer)
            for command in case.before:
                actor.fill() if command == "FILL" else actor.do(command)
            if case.later is not nothing:
                played.act = Act(case.later, peer)
                open_until_the_end.callback(played.act.wait)
        target = case.port() if case.port else None
        if target:
            open_until_the_end.callback(lambda: [each.close() for each in target.sockets])
        listens_at = None
        for command in case.commands:
            if command.startswith("CONNECT"):
                connecting = open_until_the_end.enter_context(socket.socket())
                if command == "CONNECT":
                    connecting.connect(("127.0.0.1", listens_at))
                else:
                    played.act = Act(connecting.connect, ("127.0.0.1", listens_at))
                    open_until_the_end.callback(played.act.wait)
                continue
            answer = actor.do(f"connect {target.number}" if command == "connect" else command)
            if command == "listen":
                listens_at, answer.count = answer.count, 0
            played.answers.append(answer)
    return played


def governed(case, answers):
    """The commands, what limit each is under, and the answers."""
    limit = None
    for command, answer in zip((each for each in case.commands if not each.startswith("CONNECT")), answers):
        verb, _, argument = command.partition(" ")
        if verb in ("timeout", "blocking") and answer.what.startswith("ok"):
            limit = None if argument in ("none", "true") else 0.0 if argument == "false" else float(argument)
        yield command, limit, answer


def acted_in_time(case, play):
    """While the first command waited that may wait so long, with half of its limit to spare; or else after them all."""
    if not play.act:
        return True
    for command, limit, answer in governed(case, play.answers):
        if command.startswith(("recv", "send", "accept")) and (limit is None or limit > LATE):
            return answer.begun <= play.act.begun and (limit is None or play.act.ended <= answer.begun + limit / 2)
    return answer.ended <= play.act.begun


def close_enough(command, python, trivium):
    """Bytes: equal, but where buffers decide how many they are, or CPython does not say."""
    if command.startswith("sendall") and python.what != "ok":
        return True
    if command.startswith("send") and int(command.split()[1]) == MUCH:
        return (python.count == 0) == (trivium.count == 0) and (python.count == MUCH) == (trivium.count == MUCH)
    return python.count == trivium.count


@dataclasses.dataclass
class Finding:
    text: str
    certain: bool  # no delay accounts for it


def compare(case, python, trivium):
    in_time = acted_in_time(case, python) and acted_in_time(case, trivium)
    if not in_time:
        yield Finding(f"{case.name}: the peer did not act in its time", False)
    for (command, limit, theirs), ours in zip(governed(case, python.answers), trivium.answers):
        at = f"{case.name}: after '{command}'"
        if theirs.what != ours.what:
            yield Finding(f"{at} CPython says {theirs.what}, trivium {ours.what}", in_time)
        if not close_enough(command, theirs, ours):
            yield Finding(f"{at} CPython moved {theirs.count}, trivium {ours.count}", in_time)
        if abs(theirs.took - ours.took) > TOLERANCE:
            yield Finding(f"{at} CPython took {theirs.took:.3f} s, trivium {ours.took:.3f} s", False)
        if ours.what == "timed_out" and (limit is None or ours.took < limit - EARLY):
            yield Finding(f"{at} trivium timed out after {ours.took:.4f} s of {limit}", True)


def judge(case, python, trivium):
    different = DIFFERENT.get(case.name)
    if not different:
        return list(compare(case, python, trivium))
    says, instead, _ = different
    theirs, ours = python.answers[-1].what, trivium.answers[-1].what
    if (theirs, ours) != (says, instead):
        return [Finding(f"{case.name}: meant to differ as {says} and {instead}, but CPython says {theirs}, "
                        f"trivium {ours}", True)]
    return []


def may_be_a_delay(findings):
    return findings and not any(finding.certain for finding in findings)


def main():
    program = sys.argv[1]
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    every = itertools.chain(receiving(), sending(), switching(), accepting(), connecting())
    cases = [case for case in every if wanted in case.name]
    names = [case.name for case in cases]
    assert len(set(names)) == len(names), "two cases of one name"
    here = pathlib.Path(__file__).parent

    with contextlib.ExitStack() as open_until_the_end:
        pairs = queue.SimpleQueue()
        for _ in range(AT_ONCE):
            commands = ([sys.executable, str(here / "actor.py")], [program])
            pairs.put([open_until_the_end.enter_context(Actor(command)) for command in commands])

        def both(case):
            theirs, ours = pair = pairs.get()
            found = judge(case, play(case, theirs), play(case, ours))
            pairs.put(pair)
            return found

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as at_once:
            findings = list(at_once.map(both, cases))
        plays_again = [at for at, found in enumerate(findings) if may_be_a_delay(found)]
        for at in plays_again:
            for _ in range(PLAYS - 1):
                if may_be_a_delay(findings[at]):
                    findings[at] = both(cases[at])
    findings = [finding for found in findings for finding in found]
    for finding in findings:
        print(finding.text)
    for name, (says, instead, why) in DIFFERENT.items():
        print(f"differs on purpose: {name}: CPython {says}, trivium {instead}: {why}")
    print(f"{len(cases)} cases on CPython {sys.version.split()[0]} and on trivium, {len(plays_again)} played again, "
          f"{len(findings)} differ")
    return 1 if findings or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
