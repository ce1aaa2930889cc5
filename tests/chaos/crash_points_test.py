"""Kills the event-time word count at every crash point, and in the middle of recovering from such a kill."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from processes import Case, main
from watcher import Watcher
from word_count_job import KILLED, WordCountJob, crash_points, difference

WINDOWS = ("tumbling:10s", "sliding:10s:2s")
# Where a job dies for others to be killed while they recover: in the middle of a checkpoint, two being complete.
MIDDLE = "checkpoint: last ack:3"


class CrashPoints(Case):
    def setUp(self):
        super().setUp()
        self.jobs = 0

    def new_job(self):
        self.jobs += 1
        folder = self.path(f"job-{self.jobs}")
        parallelism = (1, 2, 4)[self.jobs % 3]
        self.input = BlockInput(self.jobs, WINDOWS[self.jobs % 2], words=5, blocks=50)
        self.input.write(os.path.join(folder, "in"))
        return WordCountJob(folder, [*self.input.arguments(), "--weir.batch-size=1"], parallelism)

    def survive(self, *points):
        """A job that dies at the first of them, when started again at the second, and so on, and then finishes. False:
        it finished before it came to one of them."""
        with self.subTest(points=points):
            job, reached = self.new_job(), True
            with Watcher(job.output, job.late) as watcher:
                for point in points:
                    status, said = job.run(environment={"WEIR_CRASH_AT": point})
                    self.assertIn(status, (0, KILLED), f"at '{point}' it said:\n{said}")
                    reached = status == KILLED
                    if not reached:
                        break
                else:
                    job.finish()
            self.assertEqual(watcher.faults, [])
            self.assertEqual(difference(job.delivered(), self.input.expected()), "")
            self.assertEqual(job.leftovers(), [])
            return reached

    def survive_each(self, names):
        """Every name must be come to, be it by a job that recovers; and more than once, where that is possible."""
        for name in names:
            self.assertTrue(self.survive(f"{name}:1") or any(self.survive(MIDDLE, f"{name}:1") for _ in range(3)),
                            f"nobody came to '{name}'")
            self.survive(f"{name}:3")

    def points(self, *prefixes):
        found = [name for name in crash_points() if name.startswith(prefixes)]
        self.assertTrue(found, prefixes)
        return found

    def test_every_name_is_of_a_kind_that_is_tested_here(self):
        self.assertEqual(crash_points(), self.points("checkpoint: ", "restore: ", "end: ", "file sink: "))

    def test_of_a_checkpoint(self):
        self.survive_each(self.points("checkpoint: "))

    def test_of_the_file_sink(self):
        self.survive_each(self.points("file sink: "))

    def test_of_the_end(self):
        self.survive_each(self.points("end: "))

    def test_of_a_restore(self):
        for name in self.points("restore: "):
            # Beside other work a job may end before its middle.
            self.assertTrue(any(self.survive(MIDDLE, name) for _ in range(3)), f"nobody came to '{name}'")

    def test_of_a_recovery_from_a_recovery_that_died(self):
        self.assertTrue(any(self.survive(MIDDLE, *self.points("restore: ")) for _ in range(3)))


if __name__ == "__main__":
    main()
