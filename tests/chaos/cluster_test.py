"""The event-time word count on a cluster whose processes are killed, and stopped for longer than the time-outs: what it
delivers is what the input says, no line more or less."""

import json
import os
import random
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from clusters import ClusterCase
from processes import main, program
from word_count_job import WordCountJob, difference

TIMES = ("--heartbeat-interval", "100", "--heartbeat-timeout", "1000")


class Cluster(ClusterCase):
    def kill_worker(self, job):
        self.kill(self.worker_of(job))

    def manager_of(self, job):
        """The process of the TaskManager that runs the job."""
        with open(f"/proc/{self.worker_of(job)}/status") as file:
            return int(re.search(r"PPid:\s+([0-9]+)", file.read())[1])

    def kill_task_manager(self, job):
        self.kill(self.manager_of(job))
        self.add_task_manager()

    def stop_task_manager_and_continue_it_when_its_job_is_elsewhere(self, job):
        worker, manager = self.worker_of(job), self.manager_of(job)
        os.kill(manager, signal.SIGSTOP)
        self.wait_until(lambda: self.worker_of(job) != worker, "the job on another TaskManager")
        os.kill(manager, signal.SIGCONT)
        self.wait_for_end_of(worker)

    def kill_job_manager(self, job):
        self.kill(self.pid_of("jobmanager-0"))
        self.start_job_manager("--control-port", self.control, *TIMES, *self.restarts)

    def stop_worker_for_longer_than_the_time_out(self, job):
        worker = self.worker_of(job)
        os.kill(worker, signal.SIGSTOP)
        self.wait_until(lambda: self.worker_of(job) != worker, "another worker in place of the one that stands still")

    def add_task_manager(self):
        number = self.managers[-1] + 1
        self.start(program("weir"), "taskmanager", "--number", str(number), "--slots", "2", *TIMES)
        self.managers.append(number)

    def test_delivers_every_result_once_whatever_is_killed(self):
        rng = random.Random(1)
        blocks = BlockInput(11, "tumbling:10s", words=200, blocks=800)
        words = WordCountJob(self.folder, blocks.arguments())
        blocks.write(words.input)
        self.restarts = ("--restart-delay", "10", "--restart-attempts", "1000")
        self.start_cluster("--taskmanagers", "2", "--slots", "2", *TIMES, *self.restarts)
        self.control = self.read(".weir-cluster/control").strip().rsplit(":", 1)[1]
        self.managers = [0, 1]
        job = self.submit("-p", "2", program("event_time_word_count"), *words.arguments)
        faults = [self.kill_worker, self.kill_task_manager, self.kill_job_manager] * 2
        faults += [self.stop_task_manager_and_continue_it_when_its_job_is_elsewhere,
                   self.stop_worker_for_longer_than_the_time_out]
        rng.shuffle(faults)
        done = 0
        for fault in faults:
            last = words.wait_for_log_entry(0)
            self.wait_until(lambda: words.wait_for_log_entry(0) > last + 1 or self.jobs()[job] == "FINISHED", "progress")
            if self.jobs()[job] == "FINISHED":
                break
            with self.subTest(fault=fault.__name__):
                fault(job)
            done += 1
        self.assertGreater(done, 5, "the job ended too soon for faults")
        self.wait_until(lambda: self.jobs()[job] in ("FINISHED", "FAILED"), "the end of the job", patience=240)
        self.assertEqual(self.jobs()[job], "FINISHED", self.logs())
        self.assertEqual(difference(words.delivered(), blocks.expected()), "")
        self.assertEqual(words.leftovers(), [])

    def test_a_stopped_job_goes_on_from_its_savepoint_at_another_parallelism(self):
        blocks = BlockInput(12, "tumbling:10s", words=200, blocks=800)
        words = WordCountJob(self.folder, blocks.arguments())
        blocks.write(words.input)
        self.start_cluster("--slots", "4")
        first = self.submit("-p", "2", program("event_time_word_count"), *words.arguments)
        self.wait_for_state(first, "RUNNING")
        words.wait_for_log_entry(2)
        kept = json.loads(self.fine("savepoint", first, self.path("kept"), "--json"))["location"]
        self.assertTrue(os.path.isdir(kept), kept)
        self.assertEqual(self.jobs()[first], "RUNNING")
        out = self.fine("stop", first, "-p", self.path("stopped"))
        savepoint = re.fullmatch(r"Stopped with a savepoint: (\S+)\n", out)[1]
        self.assertTrue(savepoint.startswith(self.path("stopped/savepoint-")), savepoint)
        self.assertEqual(self.jobs()[first], "FINISHED")
        self.assertLess(words.delivered().total(), blocks.expected().total(), "the job ended before it was stopped")
        second = self.submit("-s", savepoint, "--claim", "-p", "3", program("event_time_word_count"), *words.arguments)
        self.wait_until(lambda: self.jobs()[second] in ("FINISHED", "FAILED"), "the end of the job", patience=240)
        self.assertEqual(self.jobs()[second], "FINISHED", self.logs())
        self.assertEqual(difference(words.delivered(), blocks.expected()), "")
        self.assertFalse(os.path.exists(savepoint), "it is the job's, which has checkpoints of its own by now")
        self.assertTrue(os.path.isdir(kept), "nobody claimed it")


if __name__ == "__main__":
    main()
