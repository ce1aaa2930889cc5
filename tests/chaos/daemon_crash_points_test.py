"""The event-time word count in a cluster whose daemons die at each of their crash points, alone or with everything else,
and are started again with `weir cluster start`: what it delivers is what the input says, no line more or less. A cancel that
was answered stays."""

import glob
import json
import os
import signal
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from clusters import ClusterCase
from processes import PATIENCE, main, program
from word_count_job import WordCountJob, crash_points, difference

OPTIONS = ("--heartbeat-interval", "50", "--heartbeat-timeout", "500", "--restart-delay", "10", "--restart-attempts", "100")
OVER = ("FINISHED", "FAILED", "CANCELED")
# What only happens when a worker dies, and what only when somebody cancels.
AT_A_DEATH = ("job manager: attempt over:1", "job manager: attempt stored:2", "job manager: attempt told:2",
              "task manager: worker ended:1", "task manager: worker started:2")
AT_A_CANCEL = ("job manager: cancel stored:1",)
ALWAYS = ("job manager: job stored:1", "job manager: job accepted:1", "job manager: attempt stored:1",
          "job manager: attempt told:1", "job manager: end stored:1", "task manager: worker started:1")


class DaemonCrashPoints(ClusterCase):
    def start_daemons(self, environment=None):
        """As a user does, whether some of them run or none."""
        ended = self.run_to_end(program("weir"), "cluster", "start", "-p", "0", "--control-port", "0", *OPTIONS,
                                environment=environment)
        self.assert_ended(ended, 0)

    def pids(self):
        return {name: int(self.read(f".weir-cluster/{name}.pid")) for name in ("jobmanager-0", "taskmanager-0")}

    def jobs(self):
        """Asked for again and again, by as many commands a test would take minutes."""
        with urllib.request.urlopen(f"http://{self.read('.weir-cluster/rest').strip()}/jobs/overview", timeout=PATIENCE) as reply:
            return {job["jid"]: job["state"] for job in json.load(reply)["jobs"]}

    def kill(self, pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.wait_for_end_of(pid)

    def some_job(self):
        """The one job there is, as its directory is called; nothing: none is on disk yet."""
        found = [path.split(os.sep)[-2] for path in glob.glob(self.path(".weir-cluster/jobs/*/submitted"))]
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def survive(self, point, everything):
        self.addCleanup(self.end_what_is_left)
        self.start_daemons({"WEIR_CRASH_AT": point})
        pids = self.pids()
        dying = pids["jobmanager-0" if point.startswith("job manager: ") else "taskmanager-0"]
        # A job that is to be killed or cancelled in its course has more to do.
        blocks = BlockInput(31, "tumbling:10s", words=50, blocks=60 if point in ALWAYS else 300)
        words = WordCountJob(self.folder, blocks.arguments())
        blocks.write(words.input)
        # A JobManager that dies before it has answered lets this fail.
        submitted = self.weir("run", "-d", "-p", "1", program("event_time_word_count"), *words.arguments)
        job = self.wait_until(self.some_job, "a job on disk")
        if point not in ALWAYS:
            self.assert_ended(submitted, 0)
            words.wait_for_log_entry(1)
            worker = self.worker_of(job)
            if point in AT_A_DEATH:
                self.kill(worker)
            else:
                self.weir("cancel", job)
        self.wait_for_end_of(dying)
        if everything:
            for pid in [*pids.values(), *self.workers_of(job)]:
                self.kill(pid)
        self.start_daemons()
        now = self.pids()
        for name, pid in pids.items():
            self.assertEqual(now[name] == pid, pid != dying and not everything, f"{name}: {pid}, now {now[name]}")
        self.wait_until(lambda: self.jobs().get(job) in OVER, "the end of the job", patience=120)
        if point in AT_A_CANCEL:
            self.assertEqual(self.jobs()[job], "CANCELED", self.logs())
            self.assertEqual(words.delivered() - blocks.expected(), words.lines(self.path("nothing")))
        else:
            self.assertEqual(self.jobs()[job], "FINISHED", self.logs())
            self.assertEqual(difference(words.delivered(), blocks.expected()), "", self.logs())
            self.assertEqual(words.leftovers(), [])
        self.assertEqual(list(self.jobs()), [job])

    def test_every_crash_point_of_the_daemons_is_tried(self):
        tried = {point.rsplit(":", 1)[0] for point in (*ALWAYS, *AT_A_DEATH, *AT_A_CANCEL)}
        self.assertEqual(tried, set(crash_points("--cluster")))


def add_tests():
    for point in (*ALWAYS, *AT_A_DEATH, *AT_A_CANCEL):
        for everything in (False,) if point in AT_A_DEATH else (False, True):
            words = point.replace(": ", "_").replace(":", "_").replace(" ", "_")
            name = f"test_{words}_{'and_all_die_with_it' if everything else 'alone'}"
            setattr(DaemonCrashPoints, name,
                    lambda self, point=point, everything=everything: self.survive(point, everything))


add_tests()

if __name__ == "__main__":
    main()
