"""The event-time word count with checkpoints, as a command that is started again after whatever ended it."""

import glob
import os
import signal
import subprocess
import sys
import time
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "integration"), os.path.join(HERE, "..", "oracle")]

import flags
import word_count
from processes import PATIENCE, PROGRAMS, Process, program

KILLED = -signal.SIGKILL


def last_log_entry(checkpoints):
    """The highest number in the log of the one job in a checkpoint directory; -1: there is none."""
    folders = glob.glob(os.path.join(checkpoints, "*", "log"))
    return max((int(name) for folder in folders for name in os.listdir(folder) if name.isdigit()), default=-1)


def wait_for_log_entry(checkpoints, number):
    """Waits until the log has that entry or a higher one; the highest one's number."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (last := last_log_entry(checkpoints)) >= number:
            return last
        time.sleep(0.002)
    raise AssertionError(f"the log in {checkpoints} has no entry {number} after {PATIENCE} s")


def everything_below(folder):
    """The paths of all files below a folder."""
    return sorted(os.path.join(top, name) for top, _, names in os.walk(folder) for name in names)


def crash_points(*whose):
    """The names of all crash points; with --cluster, of those of the daemons."""
    return subprocess.run([program("crash_points"), *whose], capture_output=True, text=True, check=True).stdout.splitlines()


class WordCountJob:
    """Folders of one job below `folder`, and the command that runs it."""

    def __init__(self, folder, arguments, parallelism=2, interval="50ms", checkpoints=None):
        self.input, self.output, self.late = (os.path.join(folder, name) for name in ("in", "out", "late"))
        self.checkpoints = checkpoints or os.path.join(folder, "checkpoints")
        self.folder = folder
        self.arguments = [
            "--input", self.input, "--output", self.output, "--late", self.late, *arguments,
            f"--weir.checkpoint-dir={self.checkpoints}", f"--weir.checkpoint-interval={interval}",
            "--weir.workers=2",
        ]
        self.parallelism = parallelism  # of the next process

    def start(self, *more, environment=None):
        """The running job, a context manager."""
        parallelism = f"--weir.parallelism={self.parallelism}"
        return Process([program("event_time_word_count"), *self.arguments, parallelism, *more], environment=environment,
                       directory=self.folder)

    def run(self, *more, environment=None, patience=PATIENCE):
        """Runs it to its end, whatever that is: (status, what it said)."""
        with self.start(*more, environment=environment) as process:
            status = process.wait(patience)
            return status, process.err.data().decode(errors="replace")

    def finish(self, *more):
        """Errors: AssertionError with what it said, unless it finishes."""
        status, said = self.run(*more, patience=10 * PATIENCE)
        if status != 0:
            raise AssertionError(f"the job ended with status {status} instead of finishing:\n{said}")
        return said

    def wait_for_log_entry(self, number):
        return wait_for_log_entry(self.checkpoints, number)

    def last_log_entry(self):
        return last_log_entry(self.checkpoints)

    def lines(self, folder):
        return Counter(line for file in word_count.files_under(folder) for line in word_count.lines_of(file))

    def delivered(self):
        """The multiset of result lines that a reader sees."""
        return self.lines(self.output)

    def leftovers(self):
        """Files below the output folders that no reader is meant to see."""
        found = []
        for top in (self.output, self.late):
            for folder, _, names in os.walk(top):
                hidden = any(part.startswith(".") for part in os.path.relpath(folder, top).split(os.sep) if part != ".")
                found += [os.path.join(folder, name) for name in names if hidden or name.startswith(".")]
        return found


def difference(found, expected, show=5):
    """What is wrong with a multiset of lines; empty: nothing."""
    parts = []
    for kind, lines in (("missing", expected - found), ("too many", found - expected)):
        if lines:
            some = ", ".join(word_count.show(line) for line in sorted(lines)[:show])
            parts.append(f"{lines.total()} lines are {kind}: {some}")
    return "; ".join(parts)
