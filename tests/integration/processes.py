"""Programs run as a user runs them: real processes, looked at from the outside.

Nothing here sleeps to let something happen: every wait is for output, or for the end of a process, with a time limit
that is only ever reached when something is wrong.
"""

import contextlib
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PATIENCE = 30  # seconds; a loaded machine is slow, not wrong


def program(name):
    """The path of a built program, from `<name>=<path>` among the arguments of the test."""
    for argument in PROGRAMS:
        key, _, path = argument.partition("=")
        if key == name:
            return path
    sys.exit(f"the test needs the argument {name}=<path of the program>")


def main():
    """Runs the tests of the calling file. Its arguments are programs, as `<name>=<path>`, and names of tests."""
    PROGRAMS.extend(argument for argument in sys.argv[1:] if "=" in argument)
    unittest.main(argv=[sys.argv[0], *(argument for argument in sys.argv[1:] if "=" not in argument)], verbosity=2)


PROGRAMS = []


class Stream:
    """The bytes that come out of a descriptor, collected by a thread of their own."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._data = b""
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        while True:
            try:
                piece = os.read(self._descriptor, 65536)
            except OSError:  # a terminal whose other side has gone
                piece = b""
            with self._changed:
                self._data += piece
                self._ended = not piece
                self._changed.notify_all()
                if self._ended:
                    os.close(self._descriptor)
                    return

    def data(self):
        with self._changed:
            return self._data

    def lines(self):
        """The whole lines so far, without their ends."""
        return self.data().split(b"\n")[:-1]

    def wait_until(self, condition, what, patience=PATIENCE):
        """Returns the first true value of `condition(data)`. Errors: AssertionError after `patience` seconds."""
        deadline = time.monotonic() + patience
        with self._changed:
            while True:
                if value := condition(self._data):
                    return value
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = "it ended" if self._ended else f"{patience} s passed"
                    raise AssertionError(f"{why} without {what}; this came:\n{self._data.decode(errors='replace')}")
                self._changed.wait(left)

    def wait_for(self, pattern, patience=PATIENCE):
        """Waits for a match of `pattern` (bytes)."""
        return self.wait_until(re.compile(pattern).search, f"a match of {pattern}", patience)

    def wait_for_lines(self, count, patience=PATIENCE):
        """Waits for that many lines and returns the first so many."""
        return self.wait_until(
            lambda data: data.count(b"\n") >= count and data.split(b"\n")[:count], f"{count} lines", patience
        )

    def wait_for_end(self, patience=PATIENCE):
        self._thread.join(patience)
        if self._thread.is_alive():
            raise AssertionError(f"{patience} s passed without its end; this came:\n{self._data.decode(errors='replace')}")
        return self._data


class Process:
    """A running program whose output is collected. Ends with the `with` block, by force if it must.

    `input` True: a pipe to write() to. `terminal` True: standard output and standard error are one terminal, `out`.
    """

    def __init__(self, arguments, input=False, terminal=False, environment=None, directory=None):
        surroundings = {key: value for key, value in os.environ.items() if not key.startswith("WEIR_")}
        surroundings.update(environment or {})
        options = {"env": surroundings, "cwd": directory, "stdin": subprocess.PIPE if input else subprocess.DEVNULL}
        self.arguments = [os.fspath(argument) for argument in arguments]
        if terminal:
            ours, theirs = pty.openpty()
            self._child = subprocess.Popen(self.arguments, stdout=theirs, stderr=theirs, **options)
            os.close(theirs)
            self.out = self.err = Stream(ours)
        else:
            self._child = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
            self.out = Stream(os.dup(self._child.stdout.fileno()))
            self.err = Stream(os.dup(self._child.stderr.fileno()))
            self._child.stdout.close()
            self._child.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        if self._child.stdin and not self._child.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.close()

    def write(self, data):
        self._child.stdin.write(data)
        self._child.stdin.flush()

    def close_input(self):
        self._child.stdin.close()

    def signal(self, number):
        self._child.send_signal(number)

    def interrupt(self):
        self.signal(signal.SIGINT)

    def kill(self):
        self._child.kill()

    def wait(self, patience=PATIENCE):
        """The exit status, or minus the signal that ended it; all output has been collected then."""
        try:
            status = self._child.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{' '.join(self.arguments)} still runs after {patience} s; it said:\n"
                f"{self.err.data().decode(errors='replace')}"
            ) from None
        self.out.wait_for_end(patience)
        self.err.wait_for_end(patience)
        return status

    def wait_until_stopped(self):
        """Waits until a signal has stopped it; False: it ended instead."""
        return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT).si_code == os.CLD_STOPPED

    @property
    def pid(self):
        return self._child.pid

    def is_running(self):
        return self._child.poll() is None


class Ended:
    """How a program ended: status, out, err; the last two as text."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out.decode(errors="replace"), err.decode(errors="replace")


def run(*arguments, **options):
    """Runs a program to its end."""
    with Process(arguments, **options) as process:
        status = process.wait()
        return Ended(status, process.out.data(), process.err.data())


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)

    def start(self, *arguments, **options):
        """A process that ends with the test."""
        options.setdefault("directory", self.folder)
        return self.enterContext(Process(arguments, **options))

    def run_to_end(self, *arguments, **options):
        options.setdefault("directory", self.folder)
        return run(*arguments, **options)

    def assert_ended(self, ended, status):
        self.assertEqual(ended.status, status, f"it said:\n{ended.err}")


def free_port():
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TextServer:
    """A server for one client, whose writes the test decides on. Every write leaves as a packet of its own."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.port = self._listener.getsockname()[1]
        self._client = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._client:
            self._client.close()
        self._listener.close()

    def accept(self):
        self._client, _ = self._listener.accept()
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client.settimeout(PATIENCE)

    def send(self, data):
        self._client.sendall(data)

    def close(self):
        self._client.close()


class Netcat:
    """One of the two programs called nc, which agree on little: how each is told to serve."""

    def __init__(self, path, flavour):
        self.path, self.flavour = path, flavour

    def serve(self, port, end_with_input=False):
        """The command that waits for a client on `port`; if asked for, it hangs up at the end of its input."""
        if self.flavour == "openbsd":
            return [self.path, *(["-N", "-lv"] if end_with_input else ["-lkv"]), str(port)]
        return [self.path, *(["-q", "0", "-lv"] if end_with_input else ["-lkv"]), "-p", str(port)]

    def __str__(self):
        return f"{self.path} ({self.flavour})"


def netcats():
    """All that are installed, one of each flavour."""
    found = {}
    for name in ("nc.traditional", "nc.openbsd", "nc"):
        path = shutil.which(name)
        if not path:
            continue
        help_text = subprocess.run([path, "-h"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        text = help_text.stdout + help_text.stderr
        flavour = "openbsd" if "OpenBSD" in text else "traditional" if "[v1.1" in text else None
        if flavour:
            found.setdefault(flavour, Netcat(path, flavour))
    return list(found.values())
