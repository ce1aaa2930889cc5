"""A job with ten times the keys that its memory holds, killed and started again at other parallelisms."""

import glob
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from many_keys_job import ManyKeys, keys_of
from processes import PATIENCE, Case, main
from word_count_job import KILLED, last_log_entry

BUDGET = 26_000_000
KEYS = keys_of(BUDGET)
ROUNDS = 2
KILLS = 30
RESCALES = 10


class StateMemory(Case):
    def finish(self, job):
        with job.start() as process:
            self.assertTrue(job.watch(process, 4 * PATIENCE), "it does not finish")
            self.assertEqual(process.wait(PATIENCE), 0, process.err.data().decode(errors="replace"))

    def base(self):
        """What a process takes that has next to no state."""
        folder = self.path("base")
        os.makedirs(folder)
        job = ManyKeys(folder, "value", 1_000, BUDGET)
        self.finish(job)
        shutil.rmtree(folder)
        return job.most_memory

    def check(self, job, base):
        self.assertEqual(job.difference(), "")
        allowed = base + BUDGET * 5 // 4
        self.assertLessEqual(job.most_memory, allowed, f"{job.most_memory / 1e6} MB, {base / 1e6} MB without state")

    def test_it_stays_within_its_memory(self):
        base = self.base()
        for state in ("window", "value", "list", "map"):
            with self.subTest(state=state):
                folder = self.path(state)
                os.makedirs(folder)
                job = ManyKeys(folder, state, KEYS // 5 if state in ("list", "map") else KEYS, BUDGET, ROUNDS)
                self.finish(job)
                self.check(job, base)
                shutil.rmtree(folder)

    def test_and_through_kills_and_at_other_parallelisms(self):
        base = self.base()
        chance = random.Random(1)
        job = ManyKeys(self.path(""), "window", KEYS, BUDGET, ROUNDS)
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
        job = ManyKeys(self.path(""), "value", 1_000, 5_000_000)
        with job.start() as process:
            self.assertEqual(process.wait(PATIENCE), 2)
            said = process.err.data().decode(errors="replace")
        self.assertRegex(said, r"MB of memory are too little for this job.*: [0-9]+ MB would do \(--weir.memory\)")
        self.assertEqual(glob.glob(os.path.join(job.checkpoints, "*")), [])


if __name__ == "__main__":
    main()
