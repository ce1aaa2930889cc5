"""The job `many_keys`, with more keys than its memory holds, and what it holds seen from outside."""

import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "oracle"))

import word_count
from processes import Process, program

ENTRY = 65  # bytes of a key in a table
WIDE_ENTRY = 400


def keys_of(memory, entry=ENTRY):
    """Keys that take ten times the memory: a third of it is RocksDB's, and batches'."""
    return 10 * (memory * 2 // 3) // entry


class ManyKeys:
    def __init__(self, folder, state, keys, memory, rounds=1, draws=0, order="uniform"):
        self.output, self.checkpoints = os.path.join(folder, "out"), os.path.join(folder, "checkpoints")
        self.keys, self.rounds, self.folder = keys, rounds, folder
        # Other states tell a key as soon as its rounds are over.
        self.draws = draws if state == "window" else 0
        self.arguments = [
            program("many_keys"), f"--state={state}", f"--keys={keys}", f"--rounds={rounds}", f"--draws={draws}",
            f"--order={order}", f"--output={self.output}", f"--weir.checkpoint-dir={self.checkpoints}",
            "--weir.checkpoint-interval=100ms", "--weir.workers=2", "--weir.batch-size=256", f"--weir.memory={memory}",
        ]
        self.parallelism = 2
        self.most_memory = 0

    def start(self):
        return Process([*self.arguments, f"--weir.parallelism={self.parallelism}"], directory=self.folder)

    def watch(self, process, seconds):
        """Looks at its memory until the time is over or it has ended. Whether it has."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not process.is_running():
                return True
            self.most_memory = max(self.most_memory, most_resident(process.pid))
            time.sleep(0.01)
        return False

    def difference(self):
        """Every key once, with a hit for each round, and those of draws somewhere."""
        seen = bytearray(self.keys)
        records = 0
        for file in word_count.files_under(self.output):
            for line in word_count.lines_of(file):
                key, hits = line.split(b"\t")
                records += int(hits)
                if int(hits) < self.rounds:
                    return f"key {int(key)} has {int(hits)} hits"
                seen[int(key)] += 1
        wrong = [key for key, times in enumerate(seen) if times != 1]
        if wrong:
            return f"{len(wrong)} keys are missing or told more than once, such as {wrong[0]}"
        expected = self.keys * self.rounds + self.draws
        return "" if records == expected else f"{records} hits of {expected}"


def most_resident(pid):
    """Bytes, the most that it ever had in memory; 0: it is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0
