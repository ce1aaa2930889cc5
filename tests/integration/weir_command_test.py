"""What the command `weir` does with its output: a reader that has seen enough, and programs that read JSON."""

import json
import os
import re
import subprocess

from checkpoint_command_test import GOLDEN, ORDERS
from clusters import ClusterCase
from processes import PATIENCE, TextServer, main, program


class Readers(ClusterCase):
    def unread(self, *arguments):
        """Status and standard error of a command whose output nobody reads."""
        reader, writer = os.pipe()
        os.close(reader)
        try:
            ended = subprocess.run([program("weir"), *arguments], stdout=writer, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, cwd=self.folder, timeout=PATIENCE)
        finally:
            os.close(writer)
        return ended.returncode, ended.stderr.decode()

    def test_that_have_gone_end_a_command_quietly(self):
        self.start_cluster()
        for arguments in (["list"], ["list", "--json"], ["cluster", "status"], ["logs"],
                          ["checkpoint", "ls", GOLDEN], ["checkpoint", "inspect", "--json", GOLDEN / ORDERS]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.unread(*arguments), (141, ""))

    def test_that_have_gone_do_not_end_a_job(self):
        self.start_cluster()
        with TextServer() as server:
            self.assertEqual(self.unread("run", program("socket_window_word_count"), "--port", str(server.port)), (141, ""))
            server.accept()
            [(job, state)] = self.jobs().items()
            self.assertIn(state, ("CREATED", "RUNNING"))
            self.fine("cancel", job)

    def test_that_want_but_a_line_get_it(self):
        ended = self.run_to_end("bash", "-c", 'set -o pipefail; "$0" --help | head -n 1', program("weir"))
        self.assertEqual(ended.out, "Runs Weir's jobs on a cluster, and looks into what they leave on disk.\n")
        self.assertEqual(ended.err, "")

    def test_of_a_full_disk_are_told(self):
        with open("/dev/full", "w") as full:
            ended = subprocess.run([program("weir"), "checkpoint", "ls", GOLDEN], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(ended.returncode, 1)
        self.assertIn(b"cannot write to the standard output: No space left on device", ended.stderr)


class Json(ClusterCase):
    """Every verb that has --json prints one document and nothing else."""

    def json(self, *arguments, status=0):
        ended = self.weir(*arguments)
        self.assert_ended(ended, status)
        self.asked.add(" ".join(word for word in arguments[: 2 if arguments[0] in ("cluster", "checkpoint") else 1]))
        return json.loads(ended.out)

    def verbs_with_json(self, *path):
        text = self.fine(*path, "--help")
        verbs = re.findall(r"(?m)^  (\w+) ", text.partition("Subcommands:\n")[2].partition("\n\n")[0])
        if verbs:
            return {found for verb in verbs for found in self.verbs_with_json(*path, verb)}
        return {" ".join(path)} if "--json" in text else set()

    def test_is_printed_by_every_verb_that_has_it(self):
        self.asked = set()
        self.addCleanup(self.end_what_is_left)
        started = self.json("cluster", "start", "-p", "0", "--control-port", "0", "--json")
        self.assertEqual([daemon["name"] for daemon in started["daemons"]], ["jobmanager-0", "taskmanager-0"])
        self.assertEqual(started, self.json("cluster", "status", "--json"))

        word_count = program("socket_window_word_count")
        self.assertEqual(self.json("info", "--json", word_count, "--port", "9999")["slots"], 1)
        with TextServer() as server:
            port = str(server.port)
            kept = ["-D", "checkpoint-dir=" + self.path("checkpoints")]
            job = self.json("run", "-d", "--json", *kept, word_count, "--port", port)["jobid"]
            server.accept()
            self.wait_for_state(job, "RUNNING")
            self.assertEqual([listed["jid"] for listed in self.json("list", "--json")["jobs"]], [job])
            self.assertIn("operators", self.json("mem", "--json", job))
            location = self.json("savepoint", "--json", job, self.path("kept"))["location"]
            self.assertTrue(os.path.isdir(location.removeprefix("file:")), location)
            plan = self.json("plan", "--json", "--from", location.removeprefix("file:"), word_count, "--port", port)
            self.assertIn("states", plan)
            self.assertIn("location", self.json("stop", "--json", job, "-p", self.path("kept")))

        with TextServer() as server:
            job = self.json("run", "-d", "--json", word_count, "--port", str(server.port))["jobid"]
            server.accept()
            self.assertEqual(self.json("cancel", "--json", job), {"jobid": job, "state": "CANCELED"})

        logs = self.json("logs", "--json")["logs"]
        self.assertEqual({entry["path"]: entry["bytes"] > 0 for entry in logs if entry["path"].endswith(".log")},
                         {path: True for path in self.fine("logs").split() if path.endswith(".log")})

        kept = self.path("checkpoints")
        for verb in ("ls", "verify", "inspect", "gc"):
            self.json("checkpoint", verb, *(["--dry-run"] if verb == "gc" else []), "--json", kept)
        self.json("checkpoint", "cp", "--json", kept, self.path("copy"))
        for arguments in (["cat", kept], ["diff", kept, kept]):
            for line in self.fine("checkpoint", arguments[0], "--json", *arguments[1:]).splitlines():
                json.loads(line)
            self.asked.add("checkpoint " + arguments[0])
        self.assertEqual(self.verbs_with_json(), self.asked)

    def test_of_a_job_that_is_waited_for_tells_how_it_ended(self):
        self.asked = set()
        self.start_cluster("--restart-attempts", "0")
        with TextServer() as server:
            run = self.start(program("weir"), "run", "--json", program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            server.close()
            self.assertEqual(run.wait(), 0)
        ended = json.loads(run.out.data())
        self.assertEqual((ended["state"], self.jobs()[ended["jobid"]]), ("FINISHED", "FINISHED"))
        self.assertGreaterEqual(ended["duration"], 0)
        self.assertEqual(self.json("run", "--json", program("crashing"), status=1)["state"], "FAILED")


if __name__ == "__main__":
    main()
