"""A job that is stopped with a savepoint, and another that begins with it: somewhere else, at another parallelism, killed."""

import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from processes import PATIENCE, Case, main, program
from word_count_job import KILLED, WordCountJob, difference, everything_below

TOKEN = "0123456789abcdef0123456789abcdef"


class Savepoint(Case):
    def setUp(self):
        super().setUp()
        self.blocks = BlockInput(11, "sliding:10s:2s", words=20)
        self.write("token", TOKEN.encode())
        self.arguments = [*self.blocks.arguments(), "--weir.batch-size=1"]
        self.job = WordCountJob(self.path(""), self.arguments, interval="20ms")
        self.blocks.write(self.job.input)

    def call(self, port, target, body=None):
        request = urllib.request.Request(f"http://localhost:{port}{target}", data=body and json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def ask(self, port, route, body):
        """Asks for a savepoint; its path."""
        job = self.call(port, "/jobs")["jobs"][0]["id"]
        trigger = self.call(port, f"/jobs/{job}/{route}", body)["request-id"]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status = self.call(port, f"/jobs/{job}/savepoints/{trigger}")
            if status["status"]["id"] == "COMPLETED":
                return status["operation"]["location"]
            time.sleep(0.02)
        raise AssertionError(f"no savepoint after {PATIENCE} s")

    def start(self):
        return self.job.start("--weir.page=0", f"--weir.page-token-file={self.path('token')}")

    @staticmethod
    def port_of(process):
        return int(process.err.wait_for(rb"page at http://localhost:(\d+)/")[1])

    def stop_with_savepoint(self):
        """The savepoint, as the job's last words name it: the page goes with the job."""
        with self.start() as process:
            port = self.port_of(process)
            self.job.wait_for_log_entry(4)
            job = self.call(port, "/jobs")["jobs"][0]["id"]
            self.call(port, f"/jobs/{job}/stop", {"targetDirectory": self.path("saved")})
            self.assertEqual(process.wait(), 0, process.err.data())
            path = process.err.wait_for(rb"stopped with a savepoint in '([^']+)'")[1].decode()
        self.assertEqual(os.listdir(self.path("saved")), [os.path.basename(path)])
        return path

    def assert_exact(self):
        self.assertEqual(difference(self.job.delivered(), self.blocks.expected()), "")
        self.assertEqual(self.job.lines(self.job.late).total(), 0)
        self.assertEqual(self.job.leftovers(), [])

    def begin_elsewhere_with(self, savepoint):
        self.job = WordCountJob(self.path(""), [*self.arguments, f"--weir.from={savepoint}"], parallelism=3,
                                interval="20ms", checkpoints=self.path("others"))

    def test_goes_on_somewhere_else_at_another_parallelism_however_it_is_killed(self):
        savepoint = self.stop_with_savepoint()
        self.assert_ended(self.run_to_end(program("weir"), "checkpoint", "verify", savepoint), 0)
        # Nothing of the job that was stopped is needed.
        moved = self.path("elsewhere/mine")
        os.makedirs(os.path.dirname(moved))
        os.rename(savepoint, moved)
        os.rename(self.job.checkpoints, self.path("away"))
        before = {path: open(path, "rb").read() for path in everything_below(moved)}
        self.begin_elsewhere_with(moved)
        for life, point in enumerate(("checkpoint: manifest linked:1", "restore: files fetched:2",
                                      "restore: first checkpoint:1", "checkpoint: delivered:2")):
            self.job.parallelism = (3, 1, 4, 2)[life]
            status, said = self.job.run(environment={"WEIR_CRASH_AT": point})
            self.assertEqual(status, KILLED, said)
        self.job.finish()
        self.assert_exact()
        self.assertEqual({path: open(path, "rb").read() for path in everything_below(moved)}, before)

    def test_the_stopped_job_goes_on_by_the_same_command_too(self):
        self.stop_with_savepoint()
        self.assertIn("going on from checkpoint", self.job.finish())
        self.assert_exact()

    def test_a_job_that_runs_on_is_not_disturbed(self):
        with self.start() as process:
            port = self.port_of(process)
            self.job.wait_for_log_entry(4)
            savepoint = self.ask(port, "savepoints", {"target-directory": self.path("saved"), "cancel-job": False})
            self.assertEqual(process.wait(4 * PATIENCE), 0, process.err.data())
        self.assert_exact()
        self.assert_ended(self.run_to_end(program("weir"), "checkpoint", "verify", savepoint), 0)

    def test_a_savepoint_without_a_file_is_refused_and_the_file_named(self):
        savepoint = self.stop_with_savepoint()
        file = next(path for path in everything_below(savepoint) if "/shared/" in path)
        os.rename(file, self.path("kept"))
        self.begin_elsewhere_with(savepoint)
        status, said = self.job.run()
        self.assertEqual(status, 1, said)
        self.assertIn(f"{file} is missing", said)
        os.rename(self.path("kept"), file)
        self.job.finish()
        self.assert_exact()


if __name__ == "__main__":
    main()
