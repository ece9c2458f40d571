# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""A headless Chromium with one page, driven over its DevTools pipe (file descriptors 3 and 4 of the browser), and the
tree of files that it sees: served on loopback, since a browser parts the frames of file:// from each other."""

import contextlib
import functools
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time

LONGEST = 60  # seconds until an answer is overdue


@contextlib.contextmanager
def served(folder):
    """The address at which `folder` is served."""

    class quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "http://127.0.0.1:%d/" % server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class page:
    def __init__(self, program):
        self._last, self._events = 0, []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        # Through a shell (bash: another takes descriptors of one digit only), which puts the pipe where the browser looks for it. Root has no sandbox.
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                   "--no-first-run", "--disable-dev-shm-usage", "--user-data-dir=" + self._profile.name]
        self._browser = subprocess.Popen(
            ["bash", "-c", 'exec "$@" 3<&%d 4>&%d' % (to_browser, from_browser), "bash", *command],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._deadline = threading.Timer(LONGEST * 4, self._browser.kill)
        self._deadline.start()
        self._pending = b""
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._deadline.cancel()
        self._browser.kill()
        self._browser.wait()
        os.close(self._out)
        os.close(self._in)
        self._profile.cleanup()

    def _message(self):
        while b"\0" not in self._pending:
            more = os.read(self._in, 1 << 16)
            if not more:
                raise RuntimeError("the browser has ended")
            self._pending += more
        message, self._pending = self._pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self._last += 1
        request = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._out, json.dumps(request).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._last:
                if "error" in message:
                    raise RuntimeError("%s: %s" % (method, message["error"]))
                return message["result"]
            self._events.append(message.get("method"))

    def size(self, width, height, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, address):
        self._events.clear()
        failure = self.call("Page.navigate", url=address).get("errorText")
        if failure:
            raise RuntimeError("%s: %s" % (address, failure))
        while "Page.loadEventFired" not in self._events:
            self._events.append(self._message().get("method"))

    def value(self, expression):
        """The value of an expression of JavaScript, or what its promise becomes"""
        came = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in came:
            raise RuntimeError("%s: %s" % (expression, came["exceptionDetails"]))
        return came["result"].get("value")

    def until(self, expression):
        """The value of the expression as soon as it is true in JavaScript's sense; the last one where it never is."""
        end = time.monotonic() + LONGEST / 2
        while True:
            came = self.value("new Promise(requestAnimationFrame).then(() => (%s))" % expression)
            if came or time.monotonic() > end:
                return came

    def type(self, text):
        for letter in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)
