"""A job with ten times the keys that its memory holds, killed and started again at other parallelisms."""

import glob
import os
import random
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from processes import PATIENCE, Case, Process, main, program
from word_count_job import KILLED, last_log_entry, word_count

BUDGET = 24_000_000
ENTRY = 65  # bytes of a key in a table
KEYS = 10 * (BUDGET * 2 // 3) // ENTRY  # a third of the budget is RocksDB's, and batches'
# What RocksDB's threads and files and the allocator's arenas take once state moves, whatever the budget.
OVERHEAD = 16_000_000
ROUNDS = 2
KILLS = 30
RESCALES = 10


class ManyKeys:
    def __init__(self, folder, state, keys, rounds=ROUNDS, memory=BUDGET):
        self.output, self.checkpoints = os.path.join(folder, "out"), os.path.join(folder, "checkpoints")
        self.keys, self.rounds, self.folder = keys, rounds, folder
        self.arguments = [
            program("many_keys"), f"--state={state}", f"--keys={keys}", f"--rounds={rounds}", f"--output={self.output}",
            f"--weir.checkpoint-dir={self.checkpoints}", "--weir.checkpoint-interval=100ms", "--weir.workers=2",
            "--weir.batch-size=256", f"--weir.memory={memory}",
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
            self.most_memory = max(self.most_memory, resident(process.pid))
            time.sleep(0.01)
        return False

    def difference(self):
        """Every key once, with as many hits as there are rounds."""
        seen = bytearray(self.keys)
        for file in word_count.files_under(self.output):
            for line in word_count.lines_of(file):
                key, hits = line.split(b"\t")
                if int(hits) != self.rounds:
                    return f"key {int(key)} has {int(hits)} hits"
                seen[int(key)] += 1
        wrong = [key for key, times in enumerate(seen) if times != 1]
        return f"{len(wrong)} keys are missing or told more than once, such as {wrong[0]}" if wrong else ""


def resident(pid):
    """Bytes in memory; 0: it is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


class StateMemory(Case):
    def finish(self, job):
        with job.start() as process:
            self.assertTrue(job.watch(process, 4 * PATIENCE), "it does not finish")
            self.assertEqual(process.wait(PATIENCE), 0, process.err.data().decode(errors="replace"))

    def base(self):
        """What a process takes that has next to no state."""
        folder = self.path("base")
        os.makedirs(folder)
        job = ManyKeys(folder, "value", 1_000)
        self.finish(job)
        shutil.rmtree(folder)
        return job.most_memory

    def check(self, job, base):
        self.assertEqual(job.difference(), "")
        allowed = base + BUDGET * 5 // 4 + OVERHEAD
        self.assertLessEqual(job.most_memory, allowed, f"{job.most_memory / 1e6} MB, {base / 1e6} MB without state")

    def test_it_stays_within_its_memory(self):
        base = self.base()
        for state in ("window", "value", "list", "map"):
            with self.subTest(state=state):
                folder = self.path(state)
                os.makedirs(folder)
                job = ManyKeys(folder, state, KEYS // 5 if state in ("list", "map") else KEYS)
                self.finish(job)
                self.check(job, base)
                shutil.rmtree(folder)

    def test_and_through_kills_and_at_other_parallelisms(self):
        base = self.base()
        chance = random.Random(1)
        job = ManyKeys(self.path(""), "window", KEYS)
        kills = 0
        while kills < KILLS:
            if kills % (KILLS // RESCALES) == 0:
                job.parallelism = {1: 2, 2: 4, 4: 1}[job.parallelism]
            # Time goes on until there is one more checkpoint than before, so that the job comes to its end.
            before = last_log_entry(job.checkpoints)
            with job.start() as process:
                while not job.watch(process, 0.2) and last_log_entry(job.checkpoints) < before + 3:
                    pass
                if job.watch(process, chance.uniform(0, 0.3)):
                    break
                process.kill()
                self.assertEqual(process.wait(PATIENCE), KILLED)
            kills += 1
        self.assertEqual(kills, KILLS, "it finished too soon")
        self.finish(job)
        self.check(job, base)

    def test_less_memory_than_it_needs_is_refused_with_what_would_do(self):
        job = ManyKeys(self.path(""), "value", 1_000, memory=5_000_000)
        with job.start() as process:
            self.assertEqual(process.wait(PATIENCE), 2)
            said = process.err.data().decode(errors="replace")
        self.assertRegex(said, r"MB of memory are too little for this job.*: [0-9]+ MB would do \(--weir.memory\)")
        self.assertEqual(glob.glob(os.path.join(job.checkpoints, "*")), [])


if __name__ == "__main__":
    main()
