"""A cluster that is told nonsense, has no room on its disk, or loses all its processes at once: it says what is wrong,
changes nothing, and goes on."""

import contextlib
import glob
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from block_input import BlockInput
from clusters import ClusterCase
from processes import PATIENCE, main, program
from word_count_job import WordCountJob, difference, wait_for_log_entry

TIMES = ("--heartbeat-interval", "50", "--heartbeat-timeout", "500")
LARGEST_FRAME = 16 * 1024 * 1024


class Breakage(ClusterCase):
    def port(self, name):
        return int(self.read(f".weir-cluster/{name}").rsplit(":", 1)[1])

    def ask(self, port, request):
        """Everything that is answered until the other side hangs up."""
        with socket.create_connection(("localhost", port), PATIENCE) as link:
            answer = b""
            with contextlib.suppress(ConnectionError):
                link.sendall(request)
                link.shutdown(socket.SHUT_WR)
                while piece := link.recv(65536):
                    answer += piece
            return answer

    def everything(self):
        """What is on disk of the cluster, but for its logs."""
        found = {}
        for path in glob.glob(self.path(".weir-cluster/**"), recursive=True):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    found[path] = file.read()
        return found

    def words(self, blocks):
        blocks = BlockInput(41, "tumbling:10s", words=50, blocks=blocks)
        words = WordCountJob(self.folder, blocks.arguments())
        blocks.write(words.input)
        return blocks, words

    def test_nonsense_on_its_ports_changes_nothing(self):
        self.start_cluster(*TIMES)
        before = self.everything()
        rng = random.Random(3)
        garbage = [rng.randbytes(4000), b"\0\0\0\0", b"\xff\xff\xff\xff" + b"x" * 100, struct.pack(">I", LARGEST_FRAME + 1),
                   b"\0\0\1\0cut", b"GET / HTTP/1.1\r\n\r\n", b""]
        for bytes_of in garbage:
            with self.subTest(control=bytes_of[:20]):
                self.assertNotIn(b"Welcome", self.ask(self.port("control"), bytes_of))
        host = b"Host: localhost\r\n"
        for request, status in ((rng.randbytes(4000), 400), (b"GET / HTTP/1.1\r\n\r\n", 400),
                                (b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 200_000 + b"\r\n\r\n", 431),
                                (b"POST /jars/upload HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n", 400),
                                (b"POST /jars/upload HTTP/1.1\r\n" + host + b"Content-Length: 9\r\n\r\n", 401),
                                (b"GET /jobs HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
                                (b"GET /taskmanagers/x/logs/..%2f..%2ftoken HTTP/1.1\r\n" + host + b"\r\n", 400),
                                (b"GET /../../etc/passwd HTTP/1.1\r\n" + host + b"\r\n", 400)):
            with self.subTest(request=request[:40]):
                self.assertTrue(self.ask(self.port("rest"), request).startswith(b"HTTP/1.1 %d " % status))
        with contextlib.ExitStack() as stack:
            for name in ("rest", "control"):
                for _ in range(300):
                    stack.enter_context(socket.create_connection(("localhost", self.port(name)), PATIENCE))
        for name in ("token", "id"):
            self.assertNotIn(before[self.path(f".weir-cluster/{name}")].strip().decode(), self.logs())
        self.assertEqual(self.everything(), before)
        self.wait_until(lambda: json.loads(self.fine("list", "--json")) == {"jobs": []}, "an answer")

    def test_all_that_is_killed_at_once_goes_on_when_it_is_started_again(self):
        blocks, words = self.words(blocks=200)
        self.start_cluster("--taskmanagers", "2", "--slots", "1", *TIMES)
        job = self.submit("-p", "2", program("event_time_word_count"), *words.arguments)
        words.wait_for_log_entry(2)
        pids = [self.pid_of(name) for name in ("jobmanager-0", "taskmanager-0", "taskmanager-1")] + self.workers_of(job)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            self.wait_for_end_of(pid)
        self.start_cluster("--taskmanagers", "2", "--slots", "1", *TIMES)
        self.wait_until(lambda: self.jobs()[job] in ("FINISHED", "FAILED"), "the end of the job", patience=240)
        self.assertEqual(self.jobs()[job], "FINISHED", self.logs())
        self.assertEqual(difference(words.delivered(), blocks.expected()), "")

    def test_jobs_that_were_stopped_or_cancelled_do_not_come_back(self):
        self.start_cluster("--slots", "2", *TIMES)
        _, words = self.words(blocks=2000)
        jobs = []
        for name in ("stopped", "cancelled"):
            arguments = [word.replace(self.folder, self.path(name)) if "--weir" in word or "/out" in word or "/late" in word
                         else word for word in words.arguments]
            jobs.append(self.submit("-p", "1", program("event_time_word_count"), *arguments))
        for name, job in zip(("stopped", "cancelled"), jobs):
            wait_for_log_entry(self.path(f"{name}/checkpoints"), 1)
            self.wait_for_state(job, "RUNNING")
        self.fine("stop", jobs[0], "-p", self.path("savepoints"))
        pids = [self.pid_of(name) for name in ("jobmanager-0", "taskmanager-0")] + self.workers_of(jobs[1])
        # The answer is that the job will end, not that it has: this one cannot.
        os.kill(pids[-1], signal.SIGSTOP)
        token = self.read(".weir-cluster/token").strip()
        asked = urllib.request.Request(f"http://{self.read('.weir-cluster/rest').strip()}/jobs/{jobs[1]}?mode=cancel",
                                       method="PATCH", headers={"Authorization": f"Bearer {token}"})
        urllib.request.urlopen(asked, timeout=PATIENCE).close()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            self.wait_for_end_of(pid)
        started = {job: len(self.started_workers(job)) for job in jobs}
        self.start_cluster("--slots", "2", *TIMES)
        self.wait_for_state(jobs[1], "CANCELED")
        self.assertEqual(self.jobs()[jobs[0]], "FINISHED")
        self.assertEqual({job: len(self.started_workers(job)) for job in jobs}, started)

    def test_a_full_disk_refuses_jobs_and_keeps_those_that_run(self):
        folder = self.path("disk")
        os.makedirs(folder)
        command = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", folder]
        if (mounted := subprocess.run(command, capture_output=True, text=True)).returncode != 0:
            raise unittest.SkipTest(f"needs a file system of its own: {mounted.stderr}")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        blocks, words = self.words(blocks=400)
        self.addCleanup(self.weir, "cluster", "stop", "--dir", folder)
        self.fine("cluster", "start", "-p", "0", "--control-port", "0", "--dir", folder, *TIMES)
        job = json.loads(self.fine("run", "-d", "--json", "--dir", folder, program("event_time_word_count"),
                                   *words.arguments))["jobid"]
        words.wait_for_log_entry(1)
        filler = os.path.join(folder, "filler")
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        # Another program, so that it has to be stored.
        with open(program("event_time_word_count"), "rb") as file:
            self.write("other", file.read() + b"\0")
        os.chmod(self.path("other"), 0o755)
        refused = self.weir("run", "-d", "--dir", folder, self.path("other"), *words.arguments)
        self.assert_ended(refused, 1)
        self.assertIn("No space left on device", refused.err)
        self.assertEqual(os.listdir(os.path.join(folder, ".weir-cluster/uploads")), [])
        os.remove(filler)

        def state():
            return [each["state"] for each in json.loads(self.fine("list", "--json", "--dir", folder))["jobs"] if each["jid"] == job]

        self.wait_until(lambda: state() in (["FINISHED"], ["FAILED"]), "the end of the job", patience=240)
        self.assertEqual(state(), ["FINISHED"])
        self.assertEqual(difference(words.delivered(), blocks.expected()), "")


if __name__ == "__main__":
    main()
