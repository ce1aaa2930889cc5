"""What bash offers behind `weir`, asked as bash asks, and once by a real Tab."""

import os
import re
import stat

from clusters import ClusterCase
from installed import must
from processes import TextServer, main, program

# Splits the line as readline does, and prints what the function offers.
ASK = r"""
set -u
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=() COMP_CWORD=0
python3 - "$2" >split <<'PYTHON'
import re, sys
line = sys.argv[1]
words = [word for word in re.findall(r"[=:]+|(?:\\.|[^\s=:])+", line)]
if not words or line[-1] in " =:":
    words.append("")
print("\n".join(words), end="\n")
PYTHON
mapfile -t COMP_WORDS <split
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
[[ ${COMP_WORDS[COMP_CWORD]} != [=:] ]] || COMP_WORDS[COMP_CWORD]=''
compopt() { :; }
_weir "$3" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


class Completion(ClusterCase):
    def offered(self, line):
        out = must("bash", "--norc", "-c", ASK, "ask", program("completion"), line, program("weir"), cwd=self.folder)
        return sorted(filter(None, out.splitlines()))

    def test_offers_verbs_and_those_of_groups(self):
        self.assertEqual(["cancel", "checkpoint", "cluster"], self.offered("weir c"))
        self.assertEqual(["start", "status", "stop"], self.offered("weir cluster "))
        self.assertEqual(["verify"], self.offered("weir checkpoint v"))

    def test_offers_every_verb_and_option_of_help(self):
        text = must(program("weir"), "--help").partition("Subcommands:\n")[2].partition("\n\n")[0]
        self.assertEqual(sorted(line.split()[0] for line in text.splitlines()), self.offered("weir "))
        text = must(program("weir"), "cluster", "start", "--help")
        self.assertEqual(sorted({"-h", "-p", *re.findall(r"(?m)^  (?:-\w,)?(--[\w-]+)", text)}),
                         self.offered("weir cluster start -"))

    def test_offers_directories_where_one_is_wanted(self):
        os.mkdir(self.path("saved"))
        self.write("sample", b"")
        for line in ("weir list --dir s", "weir run -s s", "weir list --dir=s", "weir checkpoint ls s",
                     "weir checkpoint diff saved s"):
            with self.subTest(line=line):
                self.assertEqual(["saved"], self.offered(line))

    def test_offers_files_where_one_is_wanted(self):
        self.write("ca.pem", b"")
        self.assertEqual(["ca.pem"], self.offered("weir list --tls-ca c"))

    def test_offers_programs_as_jobs_and_leaves_the_jobs_arguments_alone(self):
        self.write("count", b"#!/bin/sh\n")
        os.chmod(self.path("count"), stat.S_IRWXU)
        self.write("count.cc", b"")
        self.assertEqual(["count"], self.offered("weir run -d -p 2 c"))
        self.assertEqual([], self.offered("weir run ./count --po"))

    def test_offers_nothing_behind_an_option_with_a_value_that_nobody_can_guess(self):
        self.assertEqual([], self.offered("weir cluster start --port "))

    def test_offers_the_running_jobs_and_the_daemons_of_a_cluster(self):
        self.assertEqual([], self.offered("weir cancel "))
        self.start_cluster()
        with TextServer() as server:
            job = self.submit(program("job"), "--port", str(server.port))
            server.accept()
            self.wait_for_state(job, "RUNNING")
            for line in ("weir cancel ", f"weir cancel {job[:4]}", f"weir savepoint --dir {self.folder} ", "weir stop -p x ",
                         f"weir cancel --dir={self.folder} ",
                         f"weir cancel -m {self.read('.weir-cluster/rest').strip()} {job[:7]}"):
                with self.subTest(line=line):
                    self.assertEqual([job], self.offered(line))
            self.assertEqual([], self.offered(f"weir cancel {job} "))
            self.assertEqual([], self.offered("weir cancel --dir /nowhere "))
            self.assertEqual(["jobmanager", "taskmanager-0"], self.offered("weir logs "))
            self.fine("cancel", job)
            self.assertEqual([], self.offered("weir cancel "))

    def test_answers_the_tab_key(self):
        os.mkdir(self.path("bin"))
        os.symlink(program("weir"), self.path("bin/weir"))
        self.write("rc", b"PS1='ready> '\nsource " + program("completion").encode() + b"\n")
        shell = self.start("bash", "--noprofile", "--rcfile", self.path("rc"), "-i", terminal=True, input=True,
                           environment={"PATH": self.path("bin") + ":" + os.environ["PATH"], "INPUTRC": "/dev/null",
                                        "TERM": "dumb"})
        shell.write(b"weir checkpoint ver\t --he\t\n")
        shell.out.wait_for(rb"Compares every byte")
        shell.write(b"exit\n")
        self.assertEqual(shell.wait(), 0)


if __name__ == "__main__":
    main()
