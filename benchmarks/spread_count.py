"""Bids per auction in tumbling windows: a job in two worker processes against the same job in one with two threads.

Both run on a cluster of this machine with two slots, in turn (A B A B), and give the same answer. Goal: in two processes at
least 75 % of the speed of one, by the clock. The CPU time is that of the workers, start and end included.

usage: spread_count.py --build DIR [--events N] [--rounds N] [--keys N] [--no-pre-aggregation] [--tls DIR]

--tls: with the certificate, key and CA DIR/node.pem, node.key and ca.pem between the processes.
"""

import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile

TICKS = os.sysconf("SC_CLK_TCK")


def children_cpu(pid):
    """Seconds of CPU that processes took which `pid` has started and seen end."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / TICKS


class Cluster:
    """A cluster of two slots in a folder of its own."""

    def __init__(self, arguments, managers):
        self.arguments, self.managers = arguments, managers
        self.folder = tempfile.TemporaryDirectory()
        self.weir = os.path.join(arguments.build, "cluster", "weir")
        self.job = os.path.join(arguments.build, "benchmarks", "jobs", "spread_count_job")

    def __enter__(self):
        flags = ["-p", "0", "--control-port", "0", "--taskmanagers", str(self.managers), "--slots", str(2 // self.managers)]
        if self.arguments.tls:
            for kind, name in (("certificate", "node.pem"), ("key", "node.key"), ("ca", "ca.pem")):
                flags += [f"--tls-internal-{kind}", os.path.join(self.arguments.tls, name)]
        self.call("cluster", "start", *flags)
        return self

    def __exit__(self, *_):
        self.call("cluster", "stop")
        self.folder.cleanup()

    def call(self, *arguments):
        ran = subprocess.run([self.weir, *arguments], cwd=self.folder.name, text=True, capture_output=True)
        if ran.returncode != 0:
            sys.exit(f"weir {' '.join(arguments)} failed:\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def task_managers(self):
        daemons = json.loads(self.call("cluster", "status", "--json"))["daemons"]
        return [daemon["pid"] for daemon in daemons if daemon["running"] and daemon["name"].startswith("taskmanager")]

    def printed(self):
        text = ""
        for path in glob.glob(os.path.join(self.folder.name, "log", "*.out")):
            with open(path) as file:
                text += file.read()
            os.truncate(path, 0)
        return text

    def run(self):
        """Seconds by the clock, seconds of CPU, and the answer of one run."""
        before = sum(children_cpu(pid) for pid in self.task_managers())
        options = ["-D", "pre-aggregate=false"] if self.arguments.no_pre_aggregation else []
        self.call("run", "-p", "2", *options, self.job, "--events", str(self.arguments.events), "--keys",
                  str(self.arguments.keys))
        job = json.loads(self.call("list", "--json"))["jobs"][0]
        cpu = sum(children_cpu(pid) for pid in self.task_managers()) - before
        parts = [line.split() for line in self.printed().splitlines()]
        answer = (sum(int(rows) for rows, _ in parts), sum(int(part) for _, part in parts) % 2**64)
        return (job["end-time"] - job["start-time"]) / 1000, cpu, answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--no-pre-aggregation", action="store_true")
    parser.add_argument("--tls")
    arguments, _ = parser.parse_known_args()  # flags of other benchmarks are none of ours
    for name in ("build", "tls"):
        if getattr(arguments, name):
            setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    bids = arguments.events // 50 * 46
    print(f"spread_count: {arguments.events} events, {bids} bids, {arguments.rounds} rounds, "
          f"{'without' if arguments.no_pre_aggregation else 'with'} pre-aggregation"
          f"{', TLS' if arguments.tls else ''}")
    with Cluster(arguments, 1) as together, Cluster(arguments, 2) as apart:
        variants = {"one process, 2 threads": together, "two processes": apart}
        answers = {cluster.run()[2] for cluster in variants.values()}  # to warm up
        costs = {name: [] for name in variants}
        for _ in range(arguments.rounds):
            for name, cluster in variants.items():
                wall, cpu, answer = cluster.run()
                costs[name].append((wall, cpu))
                answers.add(answer)
    if len(answers) != 1 or next(iter(answers))[0] == 0:
        sys.exit(f"the answers differ: {answers}")
    medians = {name: [statistics.median(values) for values in zip(*runs)] for name, runs in costs.items()}
    base = medians["one process, 2 threads"]
    print(f"{'':24}{'wall s':>10}{'M bids/s':>10}{'CPU s':>10}{'speed':>10}{'CPU':>10}")
    for name, (wall, cpu) in medians.items():
        print(f"{name:24}{wall:10.2f}{bids / wall / 1e6:10.2f}{cpu:10.2f}{base[0] / wall:10.2f}{cpu / base[1]:10.2f}")


if __name__ == "__main__":
    main()
