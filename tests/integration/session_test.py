"""The session that users know from Flink: start a cluster, run a job on it, look at it, cancel it, stop the cluster.

Real processes, real signals, netcat. Every wait is for something that is seen; none is for time to pass.
"""

import glob
import json
import os
import re
import signal
import urllib.request

from clusters import SUBMITTED, ClusterCase
from processes import PATIENCE, TextServer, free_port, main, netcats, program


def resident(pid):
    """Bytes that a process has in memory."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Session(ClusterCase):
    def test_start_run_list_tail_cancel_stop(self):
        out = self.start_cluster()
        lines = out.splitlines()
        self.assertEqual(lines[0], "Starting cluster.")
        self.assertRegex(lines[1], r"^Starting jobmanager daemon on host \S+\.$")
        self.assertRegex(lines[2], r"^Starting taskmanager daemon on host \S+\.$")
        self.assertRegex(lines[3], r"^The cluster's page is http://localhost:[0-9]+$")

        netcat = next(netcat for netcat in netcats() if netcat.flavour == "traditional")
        port = free_port()
        server = self.start(*netcat.serve(port), input=True)
        job = self.submit(program("socket_window_word_count"), "--port", str(port), "--retries", "1000")
        self.wait_for_state(job, "RUNNING")
        self.assertRegex(self.fine("list"), rf"(?m)^{job}  RUNNING  .*Socket Window WordCount$")
        self.assertIn(job, self.fine("list", "--running"))

        server.write(b"lorem ipsum\n")
        self.wait_for_word("lorem")
        self.wait_for_word("ipsum")

        worker = self.worker_of(job)
        self.assertEqual(self.fine("cancel", job), f"Cancelling job {job}.\nCancelled job {job}.\n")
        self.assertEqual(self.jobs()[job], "CANCELED")
        self.assertNotIn(job, self.fine("list", "--running"))
        self.wait_for_end_of(worker)

        out = self.fine("cluster", "stop")
        self.assertRegex(out, r"^Stopping taskmanager daemon \(pid: [0-9]+\) on host \S+\.\n"
                              r"Stopping jobmanager daemon \(pid: [0-9]+\) on host \S+\.\n$")
        ended = self.weir("cluster", "status")
        self.assert_ended(ended, 1)
        self.assertIn("jobmanager-0 does not run", ended.out)

    def test_tells_what_a_task_manager_and_its_workers_have_in_memory(self):
        self.start_cluster("--heartbeat-interval", "100")
        url = f"http://{self.read('.weir-cluster/rest').strip()}/taskmanagers"

        def told():
            with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
                return json.load(reply)["taskmanagers"][0]["memoryUsed"]

        alone = self.wait_until(told, "its own memory")
        self.assertLess(abs(alone - resident(self.pid_of("taskmanager-0"))), alone // 2)
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            self.wait_for_state(job, "RUNNING")
            worker = self.worker_of(job)
            self.wait_until(lambda: told() > alone + resident(worker) * 9 // 10, "the memory of its worker")
            self.fine("cancel", job)
        self.wait_until(lambda: told() < alone * 3 // 2, "its own memory alone")

    def test_a_job_that_finishes_is_waited_for_and_kept_for_reading(self):
        self.start_cluster()
        with TextServer() as server:
            run = self.start(program("weir"), "run", program("socket_window_word_count"), "--port", str(server.port),
                             "--drain")
            server.accept()
            server.send(b"one two two\n")
            server.close()
            self.assertEqual(run.wait(), 0, run.err.data().decode() + self.logs())
        out = run.out.data().decode()
        job = SUBMITTED.search(out)[1]
        self.assertRegex(out, rf"Job with JobID {job} has finished\.\nJob runtime: [0-9]+ ms\n$")
        self.assertEqual(self.jobs(), {job: "FINISHED"})
        self.assertEqual(self.printed().count("WordWithCount(two,2)"), 5)

    def test_ctrl_c_cancels_the_job_that_is_waited_for(self):
        self.start_cluster()
        with TextServer() as server:
            run = self.start(program("weir"), "run", program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            run.interrupt()
            self.assertEqual(run.wait(), 130, run.err.data().decode())
        job = SUBMITTED.search(run.out.data().decode())[1]
        self.assertEqual(self.jobs(), {job: "CANCELED"})


class Failures(ClusterCase):
    def test_a_killed_worker_is_started_again(self):
        self.start_cluster("--restart-delay", "50")
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            server.send(b"before\n")
            self.wait_for_word("before")
            self.kill(self.worker_of(job), signal.SIGSEGV)
            server.close()
            server.accept()
            server.send(b"after\n")
            self.wait_for_word("after")
            self.fine("cancel", job)
        self.assertIn("was killed by signal 11 (Segmentation fault)", self.logs())

    def test_a_worker_that_dies_again_and_again_fails_its_job_with_its_last_words(self):
        self.start_cluster("--restart-delay", "10", "--restart-attempts", "2")
        run = self.start(program("weir"), "run", program("crashing"))
        self.assertEqual(run.wait(), 1)
        self.assertIn("was killed by signal 11 (Segmentation fault)", run.err.data().decode())
        self.assertIn("about to crash", run.err.data().decode())
        self.assertEqual(list(self.jobs().values()), ["FAILED"])

    def test_a_killed_job_manager_finds_its_jobs_running_when_it_is_started_again(self):
        self.start_cluster()
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            server.send(b"before\n")
            self.wait_for_word("before")
            worker = self.worker_of(job)
            killed = self.pid_of("jobmanager-0")
            control = self.read(".weir-cluster/control").strip().rsplit(":", 1)[1]
            self.kill(killed)
            self.start_job_manager("--control-port", control)
            self.wait_for_state(job, "RUNNING")
            server.send(b"after\n")
            self.wait_for_word("after")
            self.assertEqual(self.worker_of(job), worker)
            self.fine("cancel", job)
            self.wait_for_end_of(worker)

    def test_a_killed_task_managers_job_goes_to_another(self):
        self.start_cluster("--taskmanagers", "2", "--heartbeat-interval", "100", "--heartbeat-timeout", "1000")
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            server.send(b"before\n")
            self.wait_for_word("before")
            worker = self.worker_of(job)
            [out] = [path for path in glob.glob(self.path("log/*.out")) if "before" in self.read(path)]
            number = re.search(r"taskmanager-([0-9]+)-", out)[1]
            self.kill(self.pid_of(f"taskmanager-{number}"))
            self.wait_for_end_of(worker)
            server.close()
            server.accept()
            server.send(b"after\n")
            self.wait_for_word("after")
            self.fine("cancel", job)

    def test_a_task_manager_without_its_job_manager_kills_its_workers(self):
        self.start_cluster("--heartbeat-interval", "100", "--heartbeat-timeout", "1000")
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            server.send(b"before\n")
            self.wait_for_word("before")
            worker = self.worker_of(job)
            self.kill(self.pid_of("jobmanager-0"))
            self.wait_for_end_of(worker)
            self.assertTrue(self.pid_of("taskmanager-0"))

    def test_a_stopped_cluster_goes_on_with_its_jobs_when_it_is_started_again(self):
        self.start_cluster()
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            self.wait_for_state(job, "RUNNING")
            self.fine("cluster", "stop")
            server.close()
            self.start_cluster()
            server.accept()
            server.send(b"again\n")
            self.wait_for_word("again")
            self.fine("cancel", job)

    def test_a_job_that_finds_no_slots_waits_and_says_what_for(self):
        self.start_cluster("--slots", "2")
        with TextServer() as server:
            large = self.submit("-p", "3", program("socket_window_word_count"), "--port", str(server.port))
            self.wait_until(lambda: "waits for 3 free slots: the cluster has 2" in self.logs(),
                            "a word about slots")
            waits = self.start(program("weir"), "run", "-p", "3", program("socket_window_word_count"), "--port", "1")
            waits.err.wait_for(rb"weir: the job waits for 3 free slots: the cluster has 2")
            waits.interrupt()
            self.assertEqual(waits.wait(), 130)
            self.assertEqual(self.jobs()[large], "CREATED")
            self.start(program("weir"), "taskmanager", "--number", "7", "--slots", "3")
            self.wait_for_state(large, "RUNNING")
            self.fine("cancel", large)


class Refusals(ClusterCase):
    def refused(self, status, *arguments):
        ended = self.weir(*arguments)
        self.assert_ended(ended, status)
        return ended.err

    def test_a_second_cluster_in_the_directory_names_the_first(self):
        self.start_cluster()
        said = self.refused(1, "cluster", "start", "-p", "0", "--control-port", "0")
        self.assertIn(f"its JobManager is process {self.pid_of('jobmanager-0')}", said)

    def test_secrets_that_a_full_disk_left_empty_are_made_again(self):
        for name in ("token", "id", "token.new"):
            self.write(f".weir-cluster/{name}", b"")
        self.start_cluster()
        self.assertRegex(self.read(".weir-cluster/token"), "^[0-9a-f]{32}\n$")
        self.assertEqual(os.stat(self.path(".weir-cluster/token")).st_mode & 0o777, 0o600)
        self.assertNotIn("token.new", os.listdir(self.path(".weir-cluster")))
        self.fine("run", "-d", program("socket_window_word_count"), "--port", "1")

    def test_what_has_died_is_started_again_and_nothing_else(self):
        self.start_cluster("--taskmanagers", "2")
        names = ("jobmanager-0", "taskmanager-0", "taskmanager-1")
        for victims in (names[:1], names[1:2], names[:2], names):
            before = {name: self.pid_of(name) for name in names}
            for name in victims:
                self.kill(before[name])
            out = self.start_cluster("--taskmanagers", "2")
            for name in names:
                self.assertEqual(self.pid_of(name) == before[name], name not in victims)
                self.assertEqual(f"{name} runs already (pid: {before[name]})." in out, name not in victims, out)
            self.assertEqual(out.count("daemon on host"), len(victims), out)
            self.wait_until(lambda: self.connected() == 2, "two TaskManagers")
        self.start_cluster("--taskmanagers", "3")
        self.assertIn("taskmanager-2 runs", self.fine("cluster", "status"))

    def connected(self):
        with urllib.request.urlopen(f"http://{self.read('.weir-cluster/rest').strip()}/taskmanagers", timeout=PATIENCE) as reply:
            return len(json.load(reply)["taskmanagers"])

    def test_a_port_in_use_is_named(self):
        with TextServer() as server:
            said = self.refused(1, "cluster", "start", "-p", str(server.port), "--control-port", "0")
            self.assertRegex(said, rf"cannot listen on localhost:{server.port}: Address already in use")
        self.assertIn("jobmanager-0 does not run", self.weir("cluster", "status").out)

    def test_binding_to_the_world_is_refused(self):
        self.assertIn("not encrypted", self.refused(1, "cluster", "start", "--bind", "0.0.0.0"))

    def test_without_a_cluster_commands_say_how_to_start_one(self):
        self.assertIn("weir cluster start", self.refused(1, "list", "-m", f"localhost:{free_port()}"))
        self.assertIn("no cluster runs in", self.refused(1, "cluster", "stop"))

    def test_programs_that_are_no_jobs_are_refused_before_they_leave(self):
        self.write("text", b"no program\n")
        self.assertIn("there is no program", self.refused(1, "run", "./missing"))
        self.assertIn("chmod +x", self.refused(1, "run", "./text"))
        os.chmod(self.path("text"), 0o755)
        self.assertIn("text", self.refused(1, "run", "./text"))
        self.assertIn("must call weir::run()", self.refused(1, "run", "/bin/true"))
        self.assertIn("exited with status 1", self.refused(1, "run", "/bin/false"))
        said = self.refused(1, "info", program("crashing"), "--in-main")
        self.assertIn("was killed by signal 11 (Segmentation fault) while it built the job", said)
        self.assertIn("about to crash", said)

    def test_a_program_that_does_not_tell_its_plan_in_time_is_ended(self):
        said = self.refused(1, "info", program("crashing"), "--hangs")
        self.assertIn("did not tell its plan within 10000 ms", said)
        self.assertIn("hanging", said)

    def test_a_program_that_builds_another_graph_than_it_planned_fails_with_both(self):
        self.start_cluster()
        said = self.refused(1, "run", program("crashing"), "--changes")
        self.assertIn("the program built another graph than when it was planned", said)
        self.assertRegex(said, r"planned: [0-9a-f]{16} Source: .*Map")
        self.assertRegex(said, r"now:     [0-9a-f]{16} Source: Values -> Sink: Print \(1\)")

    def test_a_job_without_checkpoints_has_no_savepoint(self):
        self.start_cluster()
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            self.wait_for_state(job, "RUNNING")
            self.assertIn("without --weir.checkpoint-dir", self.refused(1, "savepoint", job, self.path("safe")))
            self.assertIn("without --weir.checkpoint-dir", self.refused(1, "stop", job))
            self.assertEqual(self.jobs()[job], "RUNNING")

    def test_what_a_job_says_about_its_arguments_is_shown(self):
        self.assertIn("No port specified.", self.refused(2, "run", program("socket_window_word_count")))

    def test_a_program_that_prints_in_main_is_planned_all_the_same(self):
        out = self.fine("info", program("crashing"), "--talks")
        self.assertTrue(out.startswith("Crashing: takes 1 slot\n"), out)

    def test_unknown_verbs_and_jobs_are_refused(self):
        self.assertIn("there is no command 'weir walk'; there are cluster, ", self.refused(2, "walk"))
        self.assertIn("there is no command 'weir cluster dance'; there are start, stop, status\n",
                      self.refused(2, "cluster", "dance"))
        self.assertIn("a command is missing behind 'weir cluster'; there are start, ", self.refused(2, "cluster"))
        self.assertIn("JOB is missing", self.refused(2, "run"))
        self.assertIn("\nUsage: weir run [OPTIONS] JOB [ARGUMENT...]\n", self.fine("run", "--help"))
        self.start_cluster()
        self.assertIn("is no job id", self.refused(1, "cancel", "x"))
        self.assertIn("not found", self.refused(1, "cancel", "0" * 32))

    def test_a_wrong_token_changes_nothing(self):
        self.start_cluster()
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            address = self.read(".weir-cluster/rest").strip()
            elsewhere = self.path("elsewhere")
            os.makedirs(os.path.join(elsewhere, ".weir-cluster"))
            with open(os.path.join(elsewhere, ".weir-cluster", "token"), "w") as file:
                file.write("0" * 32)
            said = self.refused(1, "cancel", "-m", address, "--dir", elsewhere, job)
            self.assertIn("token", said)
            self.wait_for_state(job, "RUNNING")
            self.assertEqual(os.stat(self.path(".weir-cluster/token")).st_mode & 0o777, 0o600)


if __name__ == "__main__":
    main()
