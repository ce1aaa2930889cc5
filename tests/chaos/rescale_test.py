"""A job that is killed and started again at another parallelism, over and over."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from processes import Case, main
from word_count_job import KILLED, WordCountJob, difference


class Rescale(Case):
    def rescale(self, window, words, parallelisms, point):
        blocks = BlockInput(7, window, words=words)
        job = WordCountJob(self.path(""), [*blocks.arguments(), "--weir.batch-size=1"], interval="20ms")
        blocks.write(job.input)
        for life, job.parallelism in enumerate(parallelisms[:-1]):
            status, said = job.run(environment={"WEIR_CRASH_AT": point})
            self.assertEqual(status, KILLED, said)
            if life > 0:
                self.assertIn("going on from checkpoint", said)
        job.parallelism = parallelisms[-1]
        self.assertIn("going on from checkpoint", job.finish())
        self.assertEqual(difference(job.delivered(), blocks.expected()), "")
        self.assertEqual(job.lines(job.late).total(), 0)
        self.assertEqual(job.leftovers(), [])

    def test_windows_are_exact_through_1_4_3_1(self):
        self.rescale("tumbling:10s", 200, (1, 4, 3, 1), "checkpoint: delivered:2")

    def test_sliding_windows_too(self):
        self.rescale("sliding:10s:2s", 20, (1, 4, 3, 1), "checkpoint: delivered:2")

    def test_output_that_nobody_has_delivered_yet_is_shown_by_whoever_comes(self):
        self.rescale("tumbling:10s", 50, (4, 1, 3, 2), "checkpoint: completed directory synced:2")


if __name__ == "__main__":
    main()
