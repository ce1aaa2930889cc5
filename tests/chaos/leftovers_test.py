"""What a hundred crashes and recoveries leave behind: nothing."""

import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from processes import PATIENCE, Case, main, program
from watcher import Watcher
from word_count_job import KILLED, WordCountJob, difference, everything_below

CYCLES = 100
# Where the cycles end, in turn. Each has completed a checkpoint by then, so the job gets on.
POINTS = ("checkpoint: delivered:1", "checkpoint: old files deleted:2", "checkpoint: state file linked:5",
          "checkpoint: manifest written:2", "checkpoint: completed linked:2", "file sink: sync part:6",
          "checkpoint: drain begun:3", "checkpoint: notify sent:1")


class Leftovers(Case):
    def test_of_a_hundred_killed_processes(self):
        blocks = BlockInput(3, "tumbling:10s", words=200, blocks=400)
        blocks.write(self.path("in"))
        job = WordCountJob(self.folder, [*blocks.arguments(), "--weir.batch-size=1", "--weir.checkpoint-retained=2"])
        held = []
        with Watcher(job.output, job.late) as watcher:
            for cycle in range(CYCLES):
                point = POINTS[cycle % len(POINTS)]
                status, said = job.run(environment={"WEIR_CRASH_AT": point})
                self.assertEqual(status, KILLED, f"in cycle {cycle} it did not come to '{point}' and said:\n{said}")
                held.append((len(everything_below(job.checkpoints)), len(job.leftovers())))
            job.finish()
        self.assertEqual(watcher.faults, [])
        self.assertEqual(difference(job.delivered(), blocks.expected()), "")
        self.assertEqual(job.leftovers(), [])
        # A crash may leave what the next process cleans up, never more with every crash. How many files hold the same
        # state changes as they are merged.
        for what in (0, 1):
            first, last = (max(numbers[what] for numbers in part) for part in (held[:2 * len(POINTS)], held[-2 * len(POINTS):]))
            self.assertLessEqual(last, first + first // 2 + 4, f"files after each crash: {held}")

    def test_of_a_local_directory_that_somebody_removes(self):
        blocks = BlockInput(4, "tumbling:10s", words=200, blocks=80)
        blocks.write(self.path("in"))
        job = WordCountJob(self.folder, [*blocks.arguments(), "--weir.batch-size=1"])
        with job.start() as process:
            last = job.wait_for_log_entry(3)
            for local in glob.glob(os.path.join(job.checkpoints, "*", "local")):
                shutil.rmtree(local, ignore_errors=True)
            job.wait_for_log_entry(last + 3)
            self.assertEqual(process.wait(10 * PATIENCE), 0, process.err.data())
            self.assertIn(b"somebody removed", process.err.data())
        self.assertEqual(difference(job.delivered(), blocks.expected()), "")
        self.assertEqual(job.leftovers(), [])

    def test_of_a_hundred_restarts_within_one_process(self):
        lines = [b"%d" % number for number in range(400_000)]
        self.write("in/numbers", b"\n".join(lines) + b"\n")
        output, checkpoints = self.path("out"), self.path("checkpoints")
        arguments = ["--input", self.path("in"), "--output", output, "--failures", str(CYCLES),
                     "--weir.restart.strategy=fixed-delay", "--weir.restart.delay=1ms",
                     f"--weir.restart.attempts={CYCLES}", "--weir.parallelism=1", "--weir.workers=1",
                     f"--weir.checkpoint-dir={checkpoints}", "--weir.checkpoint-interval=20ms", "--weir.batch-size=8"]
        ended = self.run_to_end(program("failing"), *arguments)
        self.assert_ended(ended, 0)
        self.assertIn(f"restarts {CYCLES}", ended.err)
        # Descriptors and threads at the first failure and at the last, told by the job itself.
        resources = [dict(zip(("descriptors", "threads"), map(int, line.split()[1:])))
                     for line in ended.out.splitlines() if line.startswith("resources ")]
        self.assertEqual(len(resources), CYCLES)
        early, late = resources[:20], resources[-20:]
        for what in ("descriptors", "threads"):
            # What leaks stays: the fewest that were ever open. The most depends on what was being written.
            self.assertLessEqual(min(r[what] for r in late), max(r[what] for r in early) + 2, f"{what}: {resources}")
        found = [line for name in sorted(os.listdir(output)) if not name.startswith(".")
                 for line in open(os.path.join(output, name), "rb").read().splitlines()]
        self.assertEqual(sorted(found), sorted(lines))
        self.assertEqual([name for name in os.listdir(output) if name.startswith(".")], [])


if __name__ == "__main__":
    main()
