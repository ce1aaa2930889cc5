"""The event-time word count in several processes on several TaskManagers. Any of them, and the JobManager, are killed and
stopped, and connections between them are cut one way, both ways, and for good: what jobs deliver is what the input says,
no line more or less. `--faults N --seed S` asks for another number of faults."""

import json
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import cuts
from block_input import BlockInput
from clusters import ClusterCase
from processes import main, program
from word_count_job import WordCountJob, difference

TIME_OUT = 1.0
TIMES = ("--heartbeat-interval", "100", "--heartbeat-timeout", "1000")
RESTARTS = ("--restart-delay", "10", "--restart-attempts", "1000000")
OVER = ("FINISHED", "FAILED")


def option(name, default):
    """The number behind a flag, which is taken out of the arguments."""
    if name not in sys.argv:
        return default
    at = sys.argv.index(name)
    value = int(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


FAULTS = option("--faults", 32)
SEED = option("--seed", 1)


class Faults:
    """What is done to a cluster and a job in it. Each returns in words what it was done to."""

    def __init__(self, test, rng):
        self.test, self.rng = test, rng

    def all(self):
        kinds = [self.kill_a_worker, self.kill_a_task_manager, self.kill_the_job_manager, self.stop_a_worker,
                 self.stop_a_task_manager]
        if not (why := cuts.cannot_cut()):
            return kinds + [self.cut_a_task_manager_off, self.cut_workers_off, self.hang_up]
        print(f"no connections are cut: {why}")
        return kinds

    def kill_a_worker(self):
        return self._with_one(self.test.workers(), self.test.kill)

    def kill_a_task_manager(self):
        self._with_one(self.test.managers(), self.test.kill)
        self.test.start_task_manager()

    def kill_the_job_manager(self):
        self.test.kill(self.test.pid_of("jobmanager-0"))
        self.test.start_job_manager("--control-port", self.test.control, *TIMES, *RESTARTS)

    def stop_a_worker(self):
        return self._with_one(self.test.workers(), self._stop)

    def stop_a_task_manager(self):
        return self._with_one(self.test.managers(), self._stop)

    def cut_a_task_manager_off(self):
        return self._with_one_connection([self.test.pid_of("jobmanager-0"), *self.test.managers()], self._cut)

    def cut_workers_off(self):
        return self._with_one_connection(self.test.workers(), self._cut)

    def hang_up(self):
        everybody = [self.test.pid_of("jobmanager-0"), *self.test.managers(), *self.test.workers()]
        return self._with_one_connection(everybody, lambda connection: connection.hang_up())

    def _with_one(self, pids, act):
        """Workers may all have ended just now, or be about to begin."""
        if not pids:
            return "there is none"
        pid = self.rng.choice(pids)
        return f"process {pid}, {act(pid)}"

    def _with_one_connection(self, pids, act):
        with cuts.closing(cuts.connections_between(pids)) as connections:
            if not connections:
                return "there is none"
            connection = self.rng.choice(connections)
            return f"connection {connection}, {act(connection)}"

    def _duration(self):
        """Half of them are as short as nobody notices."""
        return self.rng.choice([self.rng.uniform(0.1, 0.6), self.rng.uniform(1.2, 2.0)]) * TIME_OUT

    def _stop(self, pid):
        duration = self._duration()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(duration)
        os.kill(pid, signal.SIGCONT)
        return f"for {duration:.1f} s"

    def _cut(self, connection):
        ends, duration = self.rng.choice([(0,), (1,), (0, 1)]), self._duration()
        connection.cut(ends)
        time.sleep(duration)
        connection.heal()
        return f"ends {ends}, for {duration:.1f} s"


class SpreadJob(ClusterCase):
    def setUp(self):
        super().setUp()
        # One TaskManager more than a job needs: it goes on there when one is lost.
        self.start_cluster("--taskmanagers", "4", "--slots", "1", *TIMES, *RESTARTS)
        self.control = self.read(".weir-cluster/control").strip().rsplit(":", 1)[1]
        self.next_manager = 4
        self.submitted = 0

    def workers(self):
        return sorted(self.workers_of(self.job))

    def managers(self):
        """The processes of TaskManagers that run."""
        daemons = json.loads(self.weir("cluster", "status", "--json").out)["daemons"]
        return sorted(daemon["pid"] for daemon in daemons if daemon["running"] and daemon["name"].startswith("taskmanager"))

    def start_task_manager(self):
        self.start(program("weir"), "taskmanager", "--number", str(self.next_manager), "--slots", "1", *TIMES)
        self.next_manager += 1

    def state(self):
        return self.jobs()[self.job]

    def submit_words(self, seed, blocks):
        folder = self.path(f"job-{self.submitted}")
        os.mkdir(folder)
        self.submitted += 1
        self.blocks = BlockInput(seed, "tumbling:10s", words=20, blocks=blocks)
        self.words = WordCountJob(folder, self.blocks.arguments())
        self.blocks.write(self.words.input)
        self.job = self.submit("-p", "3", "-D", "unix-sockets=false", program("event_time_word_count"), *self.words.arguments)

    def expect_exact(self):
        self.wait_until(lambda: self.state() in OVER, "the end of the job", patience=120)
        self.assertEqual(self.state(), "FINISHED", self.logs())
        self.assertEqual(difference(self.words.delivered(), self.blocks.expected()), "", self.logs())
        self.assertEqual(self.words.leftovers(), [])

    def test_runs_in_three_processes_and_delivers_every_result_once(self):
        self.submit_words(21, blocks=100)
        self.expect_exact()
        pids = {pid for _, pid in self.started_workers(self.job)}
        self.assertEqual(len(pids), 3, self.logs())
        for pid in pids:
            self.wait_for_end_of(pid)

    def test_delivers_every_result_once_whatever_is_killed_stopped_or_cut_off(self):
        rng = random.Random(SEED)
        kinds = Faults(self, rng).all()
        plan = kinds * (FAULTS // len(kinds) + 1)
        rng.shuffle(plan)
        plan = plan[:FAULTS]
        while plan:
            self.submit_words(rng.randrange(1000), blocks=250)
            while plan and self.has_gone_on():
                began = time.monotonic()
                what = plan[-1]()
                print(f"{FAULTS - len(plan)}: {plan.pop().__name__}: {what} ({time.monotonic() - began:.1f} s)", flush=True)
            self.expect_exact()
        print(f"{FAULTS} faults, {self.submitted} jobs")

    def has_gone_on(self):
        """Waits for a checkpoint; false: the job has ended. To ask for its state takes a process, so that is rare."""
        last = self.words.last_log_entry()
        for _ in range(60):
            if self.state() in OVER:
                return False
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline:
                if self.words.last_log_entry() > last:
                    return True
                time.sleep(0.02)
        self.fail(f"the job does not go on\n{self.logs()}")


if __name__ == "__main__":
    main()
