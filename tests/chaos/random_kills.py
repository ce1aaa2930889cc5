#!/usr/bin/env python3
"""Kills the event-time word count with SIGKILL at random moments and starts the same command again until it finishes.

    python3 random_kills.py --kills 60 --seed 1 event_time_word_count=PATH

Some jobs have another parallelism each time. Every job's delivered output must be exactly the right one, and a reader that looks all the while must never see
anything else than whole files that stay as they are. The same seed gives the same jobs and the same moments; what a
job has done by then is up to the machine. Exits with 0 if all was right, with 1 after saying what was not.
"""

import argparse
import itertools
import os
import random
import shutil
import sys
import tempfile
import time

import word_count_job
from block_input import BlockInput
from watcher import Watcher
from word_count_job import KILLED, WordCountJob, difference, word_count

PARALLELISMS = (1, 2, 4, None)  # None: another for every process
INTERVALS = ("50ms", "200ms")
PATIENCE = 60
# A reference that works line by line judges those with late records; they are smaller.
OUT_OF_ORDERNESS = "1s"
LATE = ["--records", "40000", "--files", "4", "--words", "60", "--step", "20ms", "--out-of-orderness", OUT_OF_ORDERNESS,
        "--late", "0.05", "--late-by", "20s"]


class Blocks:
    """Much input, none of it late: the output is known to the last line."""

    def __init__(self, window, words, blocks=120):
        self.name = f"{window}, {words} words"
        self._window, self._words, self._blocks = window, words, blocks

    def prepare(self, job_folder, seed):
        self._input = BlockInput(seed, self._window, words=self._words, blocks=self._blocks)
        self._input.write(os.path.join(job_folder, "in"))
        return self._input.arguments()

    def faults(self, job):
        fault = difference(job.delivered(), self._input.expected())
        late = job.lines(job.late)
        return [fault] * bool(fault) + [f"{late.total()} records are late, though none can be"] * bool(late)


class WithLate:
    """Records that come too late: which, is judged by the rules of the reference."""

    def __init__(self, window, lateness="0"):
        self.name = f"{window}, late records, lateness {lateness}"
        self._window, self._lateness = window, lateness

    def prepare(self, job_folder, seed):
        word_count.main(["generate", "--seed", str(seed), "--dir", os.path.join(job_folder, "in"), *LATE])
        return ["--window", self._window, "--lateness", self._lateness, "--out-of-orderness", OUT_OF_ORDERNESS]

    def faults(self, job):
        duration = word_count.flags.duration
        checked = word_count.Check(word_count.flags.windows(self._window, 0), duration(self._lateness),
                                   duration(OUT_OF_ORDERNESS))
        return checked.run(job.input, job.output, job.late).differences[:5]


INPUTS = (Blocks("tumbling:10s", 20), Blocks("sliding:10s:2s", 5), WithLate("tumbling:5s"), Blocks("tumbling:200s", 8000),
          WithLate("sliding:6s:2s"), WithLate("tumbling:5s", "3s"))


class Campaign:
    """Jobs one after the other until there were enough kills."""

    def __init__(self, seed, kills):
        self._random = random.Random(seed)
        self._wanted = kills
        self.seed, self.kills, self.jobs, self.files, self.looks = seed, 0, 0, 0, 0

    def run(self):
        """What was wrong; empty: nothing."""
        combinations = itertools.cycle(itertools.product(INPUTS, PARALLELISMS))
        while self.kills < self._wanted:
            faults = self._run_job(*next(combinations))
            if faults:
                return faults
        return []

    def _run_job(self, kind, parallelism):
        self.jobs += 1
        folder = tempfile.mkdtemp(prefix="weir-chaos-")
        interval = self._random.choice(INTERVALS)
        # A batch a record makes the job slow enough to be killed often.
        batch = self._random.choice((1, 1, 1, 7, 1024))
        arguments = [*kind.prepare(folder, self._random.randrange(1 << 30)), f"--weir.batch-size={batch}"]
        job = WordCountJob(folder, arguments, parallelism or 1, interval)
        where = (f"{kind.name}, parallelism {parallelism or 'changing'}, batches of {batch}, checkpoints every {interval} "
                 f"(job {self.jobs} of seed {self.seed}), in {folder}")
        killed = self.kills
        with Watcher(job.output, job.late) as watcher:
            said = self._run_through_kills(job, rescale=parallelism is None)
        faults = [said] * bool(said) or watcher.faults + kind.faults(job)
        self.files += watcher.files
        self.looks += watcher.looks
        print(f"{where.removesuffix(f', in {folder}')}: {self.kills - killed} kills, {watcher.files} files seen", flush=True)
        if not faults:
            shutil.rmtree(folder)
        return [f"{where}: {fault}" for fault in faults]

    def _run_through_kills(self, job, rescale):
        """Empty when the job has finished; else what went wrong."""
        # Many moments lie soon after the start, where a job recovers; more than so many in a row would never end.
        for _ in range(30):
            after = min(self._random.expovariate(1 / 0.25), 2.0)
            if rescale:
                job.parallelism = self._random.choice((1, 2, 3, 4))
            with job.start() as process:
                ended = self._wait(process, after)
                if ended:
                    process.kill()
                status = process.wait(PATIENCE)
                if status == 0:
                    return ""
                if status != KILLED:
                    return f"ended with status {status}:\n{process.err.data().decode(errors='replace')}"
                self.kills += 1
        status, said = job.run(patience=PATIENCE)
        return "" if status == 0 else f"ended with status {status}:\n{said}"

    @staticmethod
    def _wait(process, seconds):
        """Whether the process still runs after that time."""
        until = time.monotonic() + seconds
        while process.is_running() and time.monotonic() < until:
            time.sleep(0.001)
        return process.is_running()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("programs", nargs="+", metavar="NAME=PATH")
    options = parser.parse_args()
    word_count_job.PROGRAMS.extend(options.programs)
    began = time.monotonic()
    campaign = Campaign(options.seed, options.kills)
    faults = campaign.run()
    for fault in faults:
        print(fault)
    print(f"{campaign.kills} kills of {campaign.jobs} jobs in {time.monotonic() - began:.0f} s; {campaign.files} delivered "
          f"files, looked at {campaign.looks} times; {'wrong' if faults else 'all was right'}")
    if faults:
        print(f"again: random_kills.py --kills {options.kills} --seed {options.seed}; the folder of the job that was wrong "
              "is kept")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
