"""Clusters of real processes, each in the folder of its test."""

import glob
import json
import os
import re
import signal
import time

from processes import PATIENCE, Case, program

SUBMITTED = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})\n")


class ClusterCase(Case):
    """A cluster in the test's folder, on ports that are free. It is stopped with the test."""

    def weir(self, *arguments):
        return self.run_to_end(program("weir"), *arguments)

    def fine(self, *arguments):
        """The output of a command that must succeed."""
        ended = self.weir(*arguments)
        self.assert_ended(ended, 0)
        return ended.out

    def start_cluster(self, *arguments):
        self.addCleanup(self.end_what_is_left)
        return self.fine("cluster", "start", "-p", "0", "--control-port", "0", *arguments)

    def start_job_manager(self, *arguments):
        """One that is started again, when it is up."""
        manager = self.start(program("weir"), "jobmanager", "-p", "0", *arguments)
        manager.err.wait_for(rb"JobManager \S+ in process")
        return manager

    def end_what_is_left(self):
        if self.weir("cluster", "status").out.count("runs (pid"):
            self.weir("cluster", "stop")

    def pid_of(self, daemon):
        for entry in json.loads(self.weir("cluster", "status", "--json").out)["daemons"]:
            if entry["name"] == daemon and entry["running"]:
                return entry["pid"]
        self.fail(f"{daemon} does not run:\n{self.logs()}")

    def submit(self, *arguments):
        out = self.fine("run", "-d", *arguments)
        found = SUBMITTED.search(out)
        self.assertTrue(found, out)
        return found[1]

    def jobs(self):
        listed = json.loads(self.fine("list", "--json"))["jobs"]
        return {job["jid"]: job["state"] for job in listed}

    def read(self, name):
        with open(self.path(name), errors="replace") as file:
            return file.read()

    def logs(self):
        text = ""
        for path in sorted(glob.glob(self.path("log/*.log"))):
            with open(path, errors="replace") as file:
                text += f"--- {path}\n{file.read()[-6000:]}\n"
        return text

    def printed(self):
        """What jobs have printed on all TaskManagers."""
        text = ""
        for path in sorted(glob.glob(self.path("log/*-taskmanager-*.out"))):
            with open(path, errors="replace") as file:
                text += file.read()
        return text

    def wait_until(self, condition, what, patience=PATIENCE):
        """Looks again and again; the first true value."""
        deadline = time.monotonic() + patience
        while not (value := condition()):
            if time.monotonic() > deadline:
                self.fail(f"{patience} s passed without {what}\n{self.logs()}")
            time.sleep(0.05)
        return value

    def wait_for_state(self, job, state):
        self.wait_until(lambda: self.jobs().get(job) == state, f"job {job} {state}")

    def wait_for_word(self, word):
        self.wait_until(lambda: f"WordWithCount({word}," in self.printed(), f"a count of {word}")

    def workers_of(self, job):
        """The processes that run a job. By now a process of that number can be anybody's."""
        programs = os.path.realpath(self.path(".weir-cluster/programs"))
        return [pid for _, pid in self.started_workers(job) if state_of(pid) != "Z" and program_of(pid).startswith(programs)]

    def worker_of(self, job):
        """The process that runs a job, or ran it last."""
        found = self.started_workers(job)
        self.assertTrue(found, self.logs())
        return max(found)[1]

    def started_workers(self, job):
        found = []
        for path in glob.glob(self.path("log/*-taskmanager-*.log")):
            found += re.findall(rf"(?m)^(\S+ \S+) INFO  .*: job {job} in process [^:]*:([0-9]+)", self.read(path))
        return [(when, int(pid)) for when, pid in found]

    def kill(self, pid, number=signal.SIGKILL):
        """Ends when the process does: a signal is on its way for a while, and so are the locks of what it killed."""
        os.kill(pid, number)
        self.wait_for_end_of(pid)

    def wait_for_end_of(self, pid):
        self.wait_until(lambda: has_ended(pid), f"the end of process {pid}")


def has_ended(pid):
    """True when none of its threads runs, though nobody has asked for its exit status yet."""
    try:
        return state_of(pid) == "Z" and os.listdir(f"/proc/{pid}/task") == [str(pid)]
    except (FileNotFoundError, ProcessLookupError):
        return True


def program_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:  # it has ended
        return ""


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"
