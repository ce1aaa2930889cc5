"""REST of a job that runs in a process of its own: docs/rest.md replayed, the token, hostile clients, Prometheus."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from processes import PATIENCE, Case, free_port, main, program

PAGE = Path(__file__).resolve().parents[2] / "docs/rest.md"
TOKEN = "0123456789abcdef0123456789abcdef"

# Members of these are named by ids or by the user: only what they are is compared.
MAPS = {"user-config", "tasks"}


def differences(shown, actual, path="", is_map=False):
    """How an answer differs in shape from the one that is shown: keys and types, null for anything."""
    if shown is None:
        return []
    kind = {bool: "truth", int: "number", float: "number", str: "text", dict: "object", list: "list", type(None): "null"}
    if kind[type(shown)] != kind[type(actual)]:
        return [f"{path} is a {kind[type(actual)]}, shown is a {kind[type(shown)]}"]
    if isinstance(shown, dict):
        found = []
        if is_map:
            for key in actual if shown else ():
                found += differences(next(iter(shown.values())), actual[key], f"{path}.{key}")
            return found
        found += [f"{path}.{key} is not there" for key in shown if key not in actual]
        found += [f"{path}.{key} is not shown" for key in actual if key not in shown]
        for key in shown:
            if key in actual:
                found += differences(shown[key], actual[key], f"{path}.{key}", key in MAPS)
        return found
    if isinstance(shown, list) and shown:
        tries = [differences(shown[0], element, f"{path}[]") for element in actual]
        return min(tries, key=len) if tries else [f"{path} is empty"]
    return []


class Differences(Case):
    def test_are_seen(self):
        shown = {"a": 1, "b": [{"c": "x"}], "d": None, "tasks": {"id": {"e": 1}}}
        same = {"a": 2.5, "b": [{"z": 1}, {"c": "y"}], "d": [], "tasks": {"f": {"e": 2}, "g": {"e": 3}}}
        self.assertEqual(differences(shown, same), [])
        for changed in ({"a": True}, {"a": "1"}, {"b": []}, {"b": [{"c": 1}]}, {"x": 1}, {"tasks": {"f": {"e": "2"}}}):
            self.assertNotEqual(differences(shown, {**same, **changed}), [], changed)
        self.assertNotEqual(differences(shown, {"a": 1}), [])


class Example:
    """A request of the page and its answer."""

    def __init__(self, line, method, target, body, fence, answer):
        self.line, self.method, self.target, self.body, self.answer = line, method, target, body, answer
        language, *words = fence.split()
        self.language = language
        self.of_cluster = "cluster" in words
        self.status = next((int(word) for word in words if word.isdigit()), 200)


def examples():
    pattern = re.compile(r"```http\n(\S+) (\S+)\n(?:\n(.*?)\n)?```\n\n```([^\n]+)\n(.*?)\n```\n", re.DOTALL)
    text = PAGE.read_text()
    return [Example(text.count("\n", 0, match.start()) + 1, *match.groups()) for match in pattern.finditer(text)]


class RestCase(Case):
    def start_job(self, *arguments):
        """Counts words of its own, with a checkpoint every 200 ms."""
        self.write("token", TOKEN.encode() + b"\n")
        self.job = self.start(program("socket_window_word_count"), "--demo", "--weir.page=0",
                              "--weir.page-token-file", self.path("token"), "--weir.checkpoint-dir", self.path("checkpoints"),
                              "--weir.checkpoint-interval=200ms", *arguments)
        self.port = int(self.job.err.wait_for(rb"page at http://localhost:(\d+)/")[1])

    def call(self, method, target, body=None, token=None, fields=()):
        """The status, fields and text of an answer."""
        request = urllib.request.Request(f"http://localhost:{self.port}{target}", method=method,
                                         data=None if body is None else body.encode())
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in fields:
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    def get(self, target):
        status, _, text = self.call("GET", target)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def wait_until(self, condition, what):
        """Asks the job again and again: nothing tells when it has come so far."""
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            self.assertLess(time.monotonic(), deadline, f"{PATIENCE} s passed without {what}")
            time.sleep(0.05)
        return value

    def names(self):
        """What stands for the names in braces."""
        job = self.get("/jobs")["jobs"][0]["id"]
        checkpoint = self.wait_until(lambda: self.get(f"/jobs/{job}/checkpoints")["latest"]["completed"], "a checkpoint")
        # One of the later tasks, which has input.
        vertex = self.get(f"/jobs/{job}")["vertices"][2]["id"]
        return {"directory": self.path(""), "job": job, "vertex": vertex, "checkpoint": checkpoint["id"],
                "taskmanager": self.get("/taskmanagers")["taskmanagers"][0]["id"]}


class Page(RestCase):
    def test_shows_what_is_answered(self):
        self.start_job()
        names = self.names()
        found = [example for example in examples() if not example.of_cluster]
        self.assertGreater(len(found), 35)
        # What ends the job comes last.
        for example in sorted(found, key=lambda example: example.method == "PATCH"):
            target, body = (text and re.sub(r"\{(\w+)\}", lambda match: str(names[match[1]]), text)
                            for text in (example.target, example.body))
            with self.subTest(line=example.line, request=f"{example.method} {target}"):
                token = None if example.method == "GET" else TOKEN
                if "{trigger}" in example.target:
                    self.wait_until(lambda: self.get(target)["status"]["id"] == "COMPLETED", "the operation's end")
                status, fields, text = self.call(example.method, target, body, token)
                names["trigger"] = json.loads(text).get("request-id") if status == 202 else names.get("trigger")
                self.assertEqual(status, example.status, text)
                if example.language == "json":
                    self.assertEqual(fields["Content-Type"], "application/json; charset=UTF-8")
                    self.assertEqual(differences(json.loads(example.answer), json.loads(text)), [])
                else:
                    self.assertTrue(fields["Content-Type"].startswith("text/plain"))
                    for line in example.answer.splitlines():
                        self.assertIn(re.split(r"[{]| \d", line)[0], text)
        self.assertEqual(self.job.wait(), 3)
        self.assertIn(b"cancelled after", self.job.err.data())


class Cluster(RestCase):
    def setUp(self):
        super().setUp()
        if "cluster" not in self.run_to_end(program("weir"), "--help").out:
            self.skipTest("SKIPPED: weir has no cluster to start")
        started = self.run_to_end(program("weir"), "cluster", "start", "--dir", self.folder, "-p", "0", "--control-port", "0")
        self.addCleanup(self.run_to_end, program("weir"), "cluster", "stop", "--dir", self.folder)
        self.assert_ended(started, 0)
        self.port = int(re.search(r"page is http://localhost:(\d+)", started.out)[1])
        self.token = Path(self.path(".weir-cluster/token")).read_text().strip()

    def upload(self):
        """The program of the word count, as curl -F sends it."""
        head = b'--XX\r\nContent-Disposition: form-data; name="jarfile"; filename="count"\r\n\r\n'
        body = head + Path(program("socket_window_word_count")).read_bytes() + b"\r\n--XX--\r\n"
        request = urllib.request.Request(f"http://localhost:{self.port}/jars/upload", method="POST", data=body, headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": "multipart/form-data; boundary=XX"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def test_runs_programs_as_the_page_shows(self):
        shown = {f"{example.method} {example.target}": example for example in examples() if example.of_cluster}
        answer = self.upload()
        self.assertEqual(differences(json.loads(shown.pop("POST /jars/upload").answer), answer), [])

        def replay(request):
            example = shown.pop(request)
            target = example.target.replace("{program}", answer["filename"])
            status, _, text = self.call(example.method, target, example.body, self.token)
            self.assertEqual(status, example.status, text)
            self.assertEqual(differences(json.loads(example.answer), json.loads(text)), [])
            return json.loads(text)

        replay("GET /jars")
        job = replay("POST /jars/{program}/run")["jobid"]
        self.wait_until(lambda: self.get(f"/jobs/{job}")["state"] == "RUNNING", "a job that runs")
        manager = self.get("/taskmanagers")["taskmanagers"][0]["id"]
        # The counts that the job prints.
        self.wait_until(lambda: "WordWithCount(" in self.call("GET", f"/taskmanagers/{manager}/stdout")[2], "output")
        self.assertEqual(self.call("PATCH", f"/jobs/{job}", token=self.token)[0], 202)
        self.wait_until(lambda: self.get(f"/jobs/{job}")["state"] == "CANCELED", "the job's end")
        replay("DELETE /jars/{program}")
        self.assertEqual(list(shown), [])

    def test_takes_no_program_without_the_token(self):
        for method, target in (("POST", "/jars/upload"), ("POST", "/jars/x/run"), ("DELETE", "/jars/x")):
            self.assertEqual(self.call(method, target, "{}")[0], 401)
        self.assertEqual(self.get("/jars")["files"], [])


class Token(RestCase):
    def test_is_needed_to_cancel(self):
        self.start_job()
        job = self.get("/jobs")["jobs"][0]["id"]
        for token in (None, "wrong", TOKEN[:-1], TOKEN + "0"):
            status, fields, _ = self.call("PATCH", f"/jobs/{job}", token=token)
            self.assertEqual(status, 401)
            self.assertIn("Bearer", fields["WWW-Authenticate"])
        self.assertEqual(self.get("/jobs")["jobs"][0]["status"], "RUNNING")
        self.assertEqual(self.call("PATCH", f"/jobs/{job}?mode=cancel", token=TOKEN)[0], 202)
        self.assertEqual(self.job.wait(), 3)

    def test_must_be_one(self):
        for content, message in ((None, "there is no file"), (b"", "is no token"), (b"short\n", "is no token"),
                                 (b"with a space in it\n", "is no token")):
            with self.subTest(content=content):
                if content is not None:
                    self.write("token", content)
                ended = self.run_to_end(program("socket_window_word_count"), "--demo", "--weir.page=0",
                                        "--weir.page-token-file", self.path("token"))
                self.assert_ended(ended, 2)
                self.assertIn(message, ended.err)
                self.assertIn("--weir.page-token-file", ended.err)


class Port(RestCase):
    def test_that_is_in_use_is_named_before_anything_runs(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            ended = self.run_to_end(program("socket_window_word_count"), "--demo", f"--weir.page={port}")
        self.assert_ended(ended, 1)
        self.assertIn(f"cannot listen on localhost:{port}: Address already in use", ended.err)


class Clients(RestCase):
    def raw(self, data):
        """What comes back for these bytes until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(data)
            received = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := client.recv(65536):
                    received += piece
            return received

    def test_that_are_hostile_are_turned_away_while_the_job_runs(self):
        self.start_job()
        head = b"Host: localhost\r\nConnection: close\r\n"
        for data, status in (
                (b"\x00\x01\x02\r\n\r\n", b"400"),
                (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"403"),
                (b"GET /../../../../etc/passwd HTTP/1.1\r\n" + head + b"\r\n", b"400"),
                (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + head + b"\r\n", b"400"),
                (b"GET /etc/passwd HTTP/1.1\r\n" + head + b"\r\n", b"404"),
                (b"GET /jobs HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", b"431"),
                (b"PATCH /jobs/" + b"0" * 32 + b" HTTP/1.1\r\n" + head + b"Content-Length: 18446744073709551615\r\n\r\n", b"401"),
                (b"GET /jobs HTTP/1.1\r\n" + head + b"Content-Length: 9223372036854775807\r\n\r\n", b"413"),
                (b"GET /jobs HTTP/1.1\r\n" + head + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400")):
            with self.subTest(data=data[:60]):
                self.assertTrue(self.raw(data).startswith(b"HTTP/1.1 " + status), self.raw(data)[:200])
        # A client that hangs up at the end of what it says gets its answer.
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as client:
            client.sendall(b"GET /overview HTTP/1.0\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            received = b""
            while piece := client.recv(65536):
                received += piece
        self.assertTrue(received.startswith(b"HTTP/1.1 200 OK"), received)
        self.assertEqual(self.get("/jobs")["jobs"][0]["status"], "RUNNING")

    def test_that_are_too_many_find_room_again(self):
        self.start_job()
        with contextlib.ExitStack() as stack:
            for _ in range(256):
                stack.enter_context(socket.create_connection(("127.0.0.1", self.port), PATIENCE))
            self.wait_until(lambda: self.raw(b"").startswith(b"HTTP/1.1 503"), "a refusal")
        self.wait_until(lambda: self.call("GET", "/jobs")[0] == 200, "room for a client")


class Prometheus(RestCase):
    def test_takes_the_metrics(self):
        self.start_job()
        self.names()
        _, fields, text = self.call("GET", "/metrics")
        self.assertEqual(fields["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        for metric in ("numRecordsIn", "numBytesOut", "busyTimeMsPerSecond", "currentInputWatermark"):
            self.assertRegex(text, rf'flink_taskmanager_job_task_{metric}{{job_id="\w{{32}}",.*subtask_index="1",.*}} \S+\n')
        self.assertRegex(text, r"flink_jobmanager_job_numberOfCompletedCheckpoints{.*} [1-9]")
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("SKIPPED: promtool is not there; apt-get install prometheus, and this test asks it as well")
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        # Flink's names are in camel case, which is the only thing it may not like.
        complaints = [line for line in checked.stderr.splitlines() if "camelCase" not in line]
        self.assertEqual(complaints, [])
        self.assertIn(checked.returncode, (0, 3))

    def test_scrapes_a_job_and_answers_queries_about_it(self):
        prometheus = shutil.which("prometheus")
        if not prometheus:
            self.skipTest("SKIPPED: prometheus is not there; apt-get install prometheus")
        self.start_job()
        self.names()
        port = free_port()
        self.write("prometheus.yml", b"scrape_configs:\n- job_name: weir\n  scrape_interval: 100ms\n  scrape_timeout: 100ms\n"
                                     b"  static_configs:\n  - targets: ['localhost:%d']\n" % self.port)
        self.start(prometheus, f"--config.file={self.path('prometheus.yml')}", f"--web.listen-address=localhost:{port}",
                   f"--storage.tsdb.path={self.path('tsdb')}")

        def ask(query):
            url = f"http://localhost:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
            try:
                with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
                    return json.load(reply)["data"]["result"]
            except urllib.error.URLError:
                return []  # it is not up yet

        self.wait_until(lambda: ask("up == 1"), "a scrape that went well")
        [total] = self.wait_until(lambda: ask("sum(flink_taskmanager_job_task_numRecordsIn) > 0"), "records")
        self.assertGreater(float(total["value"][1]), 0)
        subtasks = ask('flink_taskmanager_job_task_busyTimeMsPerSecond{subtask_index="1"}')
        self.assertEqual({one["metric"]["job"] for one in subtasks}, {"weir"})
        self.assertRegex(subtasks[0]["metric"]["job_id"], r"^[0-9a-f]{32}$")


if __name__ == "__main__":
    main()
