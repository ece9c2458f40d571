# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""Does on a socket of CPython's what it is told, a command a line, and tells what came of it; see actor.cpp."""

import select
import socket
import sys
import time


class Actor:
    def __init__(self):
        self.timeout = None
        self.socket = None
        self.listening = None

    def forget(self):
        for each in (self.socket, self.listening):
            if each is not None:
                each.close()
        self.__init__()

    def connect(self, port):
        self.socket = socket.socket()
        self.socket.settimeout(self.timeout)
        self.socket.connect(("127.0.0.1", int(port)))

    def listen(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        return self.listening.getsockname()[1]

    def accept(self):
        self.listening.settimeout(self.timeout)
        self.socket = self.listening.accept()[0]
        self.socket.settimeout(self.timeout)

    def mode(self):
        if self.socket is None:
            return "ok"
        timeout = self.socket.gettimeout()
        told = "none" if timeout is None else round(timeout * 1000)
        return f"ok timeout={told} blocking={str(self.socket.getblocking()).lower()}"

    def do(self, verb, argument=""):
        if verb == "forget":
            self.forget()
        elif verb == "connect":
            self.connect(argument)
        elif verb == "listen":
            return "ok", self.listen()
        elif verb == "accept":
            self.accept()
        elif verb == "timeout":
            timeout = None if argument == "none" else float(argument)
            if self.socket is not None:
                self.socket.settimeout(timeout)
            elif timeout is not None and timeout < 0:
                socket.socket().settimeout(timeout)
            self.timeout = timeout
            return self.mode(), 0
        elif verb == "blocking":
            self.timeout = None if argument == "true" else 0.0
            if self.socket is not None:
                self.socket.setblocking(argument == "true")
            return self.mode(), 0
        elif verb == "sndbuf":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(argument))
        elif verb == "shutdown":
            self.socket.shutdown(socket.SHUT_WR)
        elif verb == "await":
            events = {"data": select.POLLIN, "end": select.POLLRDHUP, "reset": select.POLLHUP}
            watch = select.poll()
            watch.register(self.socket, events[argument])
            return ("ok" if watch.poll(10_000) else "nothing came"), 0
        elif verb == "recv":
            data = self.socket.recv(int(argument))
            return ("ok" if data or argument == "0" else "eof"), len(data)
        elif verb == "send":
            return "ok", self.socket.send(bytes(int(argument)))
        elif verb == "sendall":
            self.socket.sendall(bytes(int(argument)))
            return "ok", int(argument)
        else:
            return "unknown command " + verb, 0
        return "ok", 0

    def run(self, line):
        try:
            return self.do(*line.split())
        except BlockingIOError:
            return "would_block", 0
        except TimeoutError as error:  # with an errno it is the kernel's
            return ("timed_out" if error.errno is None else f"errno {error.errno}"), 0
        except ValueError:
            return "errno 22", 0  # what is refused before the kernel is asked; EINVAL here
        except OSError as error:
            return f"errno {error.errno}", 0


actor = Actor()
for line in sys.stdin:
    begun = time.monotonic_ns()
    what, count = actor.run(line)
    print(count, begun, time.monotonic_ns(), what, flush=True)
