"""Two processes and one checkpoint directory: the second is refused; one that was stopped and overtaken does no harm."""

import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from processes import Case, main
from watcher import Watcher
from word_count_job import WordCountJob, difference, last_log_entry

# Where the first process is stopped. Each lies at another place between its acts: nothing is published, the manifest
# is there, the log says it, output is about to be shown.
STOPS = ("checkpoint: last ack", "checkpoint: manifest directory synced", "checkpoint: completed written",
         "checkpoint: completed directory synced", "file sink: deliver", "checkpoint: frozen", "checkpoint: exported")

# The same while it goes on from a checkpoint, as a process that was killed left it.
RESTORE_STOPS = ("restore: log read", "restore: takeover linked", "restore: manifest chosen", "restore: files fetched",
                 "restore: tasks running", "checkpoint: old files deleted")

# With batches of one record and a checkpoint every 50 ms a job takes its time, more so beside other work.
LONG = 120


class TwoProcesses(Case):
    def new_job(self, name="job", blocks=100):
        self.input = BlockInput(7, "sliding:10s:2s", words=5, blocks=blocks)
        self.input.write(self.path(f"{name}/in"))
        return WordCountJob(self.path(name), [*self.input.arguments(), "--weir.batch-size=1",
                                              "--weir.checkpoint-retained=2"])

    def assert_right(self, job, watcher):
        self.assertEqual(watcher.faults, [])
        self.assertEqual(difference(job.delivered(), self.input.expected()), "")

    def test_the_second_is_refused_and_told_who_holds_the_directory(self):
        job = self.new_job()
        with Watcher(job.output, job.late) as watcher, job.start() as first:
            job.wait_for_log_entry(2)
            status, said = job.run()
            self.assertEqual(status, 2, said)
            self.assertRegex(said, rf"is run by \S*\b{first.pid} already, which holds {job.checkpoints}")
            self.assertIn("--weir.takeover", said)
            self.assertTrue(first.is_running(), "the test wants to see two of them")
            self.assertEqual(first.wait(LONG), 0, first.err.data().decode())
        self.assert_right(job, watcher)

    def test_the_lock_of_a_killed_process_stops_nobody(self):
        job = self.new_job()
        with job.start() as first:
            job.wait_for_log_entry(2)
            first.kill()
            first.wait()
        with Watcher(job.output, job.late) as watcher:
            job.finish()
        self.assert_right(job, watcher)

    def overtake(self, stop):
        """A stops there; B takes over and completes three checkpoints; A is continued: it ends, B does not notice."""
        job = self.new_job(stop.replace(" ", "-").replace(":", ""))
        with Watcher(job.output, job.late) as watcher, job.start(environment={"WEIR_STOP_AT": f"{stop}:3"}) as a:
            self.assertTrue(a.wait_until_stopped(), a.err.data().decode())
            entries = job.wait_for_log_entry(1)
            with job.start("--weir.takeover") as b:
                job.wait_for_log_entry(entries + 4)
                a.signal(signal.SIGCONT)
                self.assertEqual(a.wait(), 1, "an overtaken process must not go on")
                self.assertRegex(a.err.data().decode(), r"took over|taken over")
                self.assertEqual(b.wait(LONG), 0, b.err.data().decode())
        self.assert_right(job, watcher)
        # What A was about to stage stayed hidden, for it cannot know whether a checkpoint of B's holds it; B knew.
        self.assertEqual(job.leftovers(), [])

    def overtake_recovery(self, stop):
        """A goes on from a checkpoint and stops there; B takes over and completes some; A is continued."""
        job = self.new_job(stop.replace(" ", "-").replace(":", ""))
        with job.start() as killed:
            job.wait_for_log_entry(5)
            killed.kill()
            killed.wait()
        with Watcher(job.output, job.late) as watcher, job.start(environment={"WEIR_STOP_AT": stop}) as a:
            self.assertTrue(a.wait_until_stopped(), a.err.data().decode())
            entries = last_log_entry(job.checkpoints)
            with job.start("--weir.takeover") as b:
                job.wait_for_log_entry(entries + 3)
                a.signal(signal.SIGCONT)
                # Before its takeover it is told to wait for its turn, later that it has been overtaken.
                self.assertIn(a.wait(), (1, 2), a.err.data().decode())
                self.assertRegex(a.err.data().decode(), r"has taken over|is run by")
                self.assertEqual(b.wait(LONG), 0, b.err.data().decode())
        self.assert_right(job, watcher)
        self.assertEqual(job.leftovers(), [])

    def test_one_that_was_stopped_and_overtaken_while_it_recovers_ends_without_an_effect(self):
        for stop in RESTORE_STOPS:
            with self.subTest(stop=stop):
                self.overtake_recovery(stop)

    def test_two_jobs_of_one_name_do_not_share_a_directory_for_local_state(self):
        one, other = self.new_job("one"), self.new_job("other", blocks=20)
        local = f"--weir.state-dir={self.path('local')}"
        with one.start(local) as first:
            one.wait_for_log_entry(2)
            status, said = other.run(local)
            self.assertEqual(status, 2, said)
            self.assertIn("--weir.state-dir", said)
            self.assertIn(self.path("local"), said)
            self.assertEqual(first.wait(LONG), 0, first.err.data().decode())
        other.finish(local)
        self.assertEqual(difference(other.delivered(), self.input.expected()), "")

    def test_one_that_was_stopped_and_overtaken_ends_without_an_effect(self):
        for stop in STOPS:
            with self.subTest(stop=stop):
                self.overtake(stop)

    def test_one_that_was_stopped_and_overtaken_notices_also_when_the_job_has_finished(self):
        job = self.new_job()
        with Watcher(job.output, job.late) as watcher, \
                job.start(environment={"WEIR_STOP_AT": "checkpoint: last ack:2"}) as a:
            self.assertTrue(a.wait_until_stopped())
            job.finish("--weir.takeover")
            a.signal(signal.SIGCONT)
            self.assertEqual(a.wait(), 1)
            self.assertRegex(a.err.data().decode(), r"took over|taken over")
        self.assert_right(job, watcher)


if __name__ == "__main__":
    main()
