"""The event-time word count in several processes on several TaskManagers, any of which are killed and stopped: what it
delivers is what the input says, no line more or less. `--faults N --seed S` asks for another number of faults."""

import json
import os
import random
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from clusters import ClusterCase
from processes import main, program
from word_count_job import WordCountJob, difference

TIMES = ("--heartbeat-interval", "100", "--heartbeat-timeout", "1000")
RESTARTS = ("--restart-delay", "10", "--restart-attempts", "1000")


def option(name, default):
    """The number behind a flag, which is taken out of the arguments."""
    if name not in sys.argv:
        return default
    at = sys.argv.index(name)
    value = int(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


FAULTS = option("--faults", 12)
SEED = option("--seed", 1)


class SpreadJob(ClusterCase):
    def setUp(self):
        super().setUp()
        self.start_cluster("--taskmanagers", "3", "--slots", "1", *TIMES, *RESTARTS)
        self.control = self.read(".weir-cluster/control").strip().rsplit(":", 1)[1]
        self.next_manager = 3

    def workers(self):
        return self.wait_until(lambda: self.workers_of(self.job), "a worker")

    def all_workers(self):
        return self.wait_until(lambda: len(self.workers_of(self.job)) == 3 and self.workers_of(self.job),
                               "all three workers", patience=60)

    def managers(self):
        """Of TaskManagers that run: their processes, by name."""
        return {daemon["name"]: daemon["pid"] for daemon in json.loads(self.weir("cluster", "status", "--json").out)["daemons"]
                if daemon["running"] and daemon["name"].startswith("taskmanager")}

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        self.wait_for_end_of(pid)

    # ---- Faults.

    def kill_a_worker(self, rng):
        self.kill(rng.choice(self.workers()))

    def kill_a_task_manager(self, rng):
        self.kill(rng.choice(sorted(self.managers().values())))
        self.start(program("weir"), "taskmanager", "--number", str(self.next_manager), "--slots", "1", *TIMES)
        self.next_manager += 1

    def kill_the_job_manager(self, rng):
        self.kill(self.pid_of("jobmanager-0"))
        self.start_job_manager("--control-port", self.control, *TIMES, *RESTARTS)

    def stop_and_continue_a_worker(self, rng):
        worker = rng.choice(self.workers())
        os.kill(worker, signal.SIGSTOP)
        self.pause(rng.uniform(0.1, 1.5))
        os.kill(worker, signal.SIGCONT)

    def stop_a_task_manager_for_longer_than_the_time_out(self, rng):
        manager = rng.choice(sorted(self.managers().values()))
        os.kill(manager, signal.SIGSTOP)
        self.pause(2.5)
        os.kill(manager, signal.SIGCONT)

    def pause(self, seconds):
        import time
        time.sleep(seconds)

    # ---- Tests.

    def submit_words(self, seed, blocks):
        self.blocks = BlockInput(seed, "tumbling:10s", words=200, blocks=blocks)
        self.words = WordCountJob(self.folder, self.blocks.arguments())
        self.blocks.write(self.words.input)
        self.job = self.submit("-p", "3", program("event_time_word_count"), *self.words.arguments)

    def expect_exact(self):
        self.wait_until(lambda: self.jobs()[self.job] in ("FINISHED", "FAILED"), "the end of the job", patience=240)
        self.assertEqual(self.jobs()[self.job], "FINISHED", self.logs())
        self.assertEqual(difference(self.words.delivered(), self.blocks.expected()), "")
        self.assertEqual(self.words.leftovers(), [])

    def test_runs_in_three_processes_and_delivers_every_result_once(self):
        self.submit_words(21, blocks=200)
        pids = self.all_workers()
        self.expect_exact()
        for pid in pids:
            self.wait_for_end_of(pid)

    def test_delivers_every_result_once_whatever_is_killed_or_stopped(self):
        rng = random.Random(SEED)
        self.submit_words(22, blocks=1200)
        self.all_workers()
        faults = [self.kill_a_worker, self.kill_a_task_manager, self.kill_the_job_manager,
                  self.stop_and_continue_a_worker, self.stop_a_task_manager_for_longer_than_the_time_out]
        done = 0
        while done < FAULTS:
            last = self.words.wait_for_log_entry(0)
            self.wait_until(lambda: self.words.wait_for_log_entry(0) > last or self.jobs()[self.job] == "FINISHED",
                            "progress", patience=120)
            if self.jobs()[self.job] == "FINISHED":
                break
            fault = rng.choice(faults)
            with self.subTest(fault=fault.__name__, number=done):
                fault(rng)
            done += 1
        print(f"{done} faults")
        self.assertGreater(done, FAULTS // 2, "the job ended too soon for faults")
        self.expect_exact()


if __name__ == "__main__":
    main()
