"""Sees that run tells killed mutants from survivors, in a small tree that needs no compiler."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RUN = Path(__file__).with_name("run")

TREE = {
    "CMakeLists.txt": "cmake_minimum_required(VERSION 3.25)\nproject(Small LANGUAGES NONE)\nenable_testing()\n"
    "add_custom_target(nothing)\n"
    "add_test(NAME Answer.Is42 COMMAND ${CMAKE_COMMAND} -P ${CMAKE_SOURCE_DIR}/check.cmake)\n",
    "CMakePresets.json": '{"version": 6, "configurePresets": [{"name": "dev", "generator": "Ninja"}]}\n',
    "answer.txt": "# the answer\n42\n# of everything\n",
    "check.cmake": "file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/answer.txt lines)\nlist(GET lines 1 answer)\n"
    "if(NOT answer EQUAL 42)\n  message(FATAL_ERROR wrong)\nendif()\n",
}


def patch(before: str, after: str, killer: str = "nothing: Answer.Is42") -> str:
    return (f"Mutant: the answer is {after}\nKilled-by: {killer}\n\n--- a/answer.txt\n+++ b/answer.txt\n"
            f"@@ -1,3 +1,3 @@\n # the answer\n-{before}\n+{after}\n # of everything\n")


class Mutants(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        for name, text in TREE.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_mutants(self, *arguments: str) -> tuple[int, str]:
        run = subprocess.run([sys.executable, str(RUN), "--root", str(self.root), *arguments], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return run.returncode, run.stdout

    def test_a_mutant_that_fails_its_test_is_killed(self):
        self.write("tests/mutants/wrong.patch", patch("42", "41"))
        status, output = self.run_mutants()
        self.assertEqual(0, status, output)
        self.assertRegex(output, r"wrong +nothing: Answer.Is42 +killed")
        self.assertEqual("# the answer\n42\n# of everything\n", (self.root / "answer.txt").read_text())

    def test_a_mutant_that_hangs_is_killed_and_shown_as_such(self):
        self.write("check.cmake", TREE["check.cmake"].replace("message(FATAL_ERROR wrong)",
                                                              "execute_process(COMMAND sleep 600)"))
        self.write("tests/mutants/endless.patch", patch("42", "41"))
        status, output = self.run_mutants("--timeout", "1")
        self.assertEqual(0, status, output)
        self.assertRegex(output, r"endless +nothing: Answer.Is42 +killed \(hang\)")

    def test_a_survivor_fails_the_run_and_is_named(self):
        self.write("tests/mutants/a_wrong.patch", patch("42", "41"))
        self.write("tests/mutants/b_harmless.patch", patch("42", "042"))
        status, output = self.run_mutants()
        self.assertEqual(1, status, output)
        self.assertRegex(output, r"b_harmless +nothing: Answer.Is42 +SURVIVED")
        self.assertIn("1 of 2 mutants killed", output)

    def test_a_seed_decides_which_are_tried(self):
        for number in range(20):
            self.write(f"tests/mutants/wrong{number:02}.patch", patch("42", "41"))

        def sample(seed):
            return re.findall(r"^wrong\d+", self.run_mutants("--list", "--sample", "5", "--seed", seed)[1], re.MULTILINE)

        self.assertEqual(5, len(set(sample("one"))))
        self.assertEqual(sample("one"), sample("one"))
        self.assertNotEqual(sample("one"), sample("two"))

    def test_a_sample_of_more_than_all_is_all(self):
        self.write("tests/mutants/wrong.patch", patch("42", "41"))
        status, output = self.run_mutants("--sample", "5")
        self.assertEqual(0, status, output)
        self.assertIn("1 of 1 mutants killed", output)

    def test_one_mutant_leaves_nothing_behind_for_the_next(self):
        self.write("tests/mutants/a_wrong.patch", patch("42", "41"))
        self.write("tests/mutants/b_wrong.patch", patch("42", "43"))
        status, output = self.run_mutants()
        self.assertEqual(0, status, output)
        self.assertIn("2 of 2 mutants killed", output)

    def test_a_patch_that_does_not_apply_fails_the_run(self):
        self.write("tests/mutants/old.patch", patch("17", "41"))
        status, output = self.run_mutants()
        self.assertEqual(1, status, output)
        self.assertIn("does not apply", output)

    def test_a_killer_that_fails_without_mutant_fails_the_run(self):
        self.write("tests/mutants/wrong.patch", patch("42", "41"))
        self.write("answer.txt", "# the answer\n7\n# of everything\n")
        status, output = self.run_mutants()
        self.assertEqual(1, status, output)
        self.assertIn("without any mutant the tests 'Answer.Is42' failed", output)

    def test_a_killer_that_does_not_exist_fails_the_run(self):
        self.write("tests/mutants/wrong.patch", patch("42", "41", killer="nothing: No.Such"))
        status, output = self.run_mutants()
        self.assertEqual(1, status, output)
        self.assertIn("no test matches 'No.Such'", output)

    def test_a_header_without_killer_is_named(self):
        self.write("tests/mutants/wrong.patch", patch("42", "41").replace("Killed-by", "Killer"))
        status, output = self.run_mutants()
        self.assertEqual(1, status, output)
        self.assertIn("wrong.patch: no line 'Killed-by", output)

    def test_runs_only_those_that_are_asked_for(self):
        self.write("tests/mutants/a_wrong.patch", patch("42", "41"))
        self.write("tests/mutants/b_harmless.patch", patch("42", "042"))
        self.write("tests/mutants/c_wrong.patch", patch("42", "43"))
        status, output = self.run_mutants("--only", "a_wrong", "--only", "c_wrong")
        self.assertEqual(0, status, output)
        self.assertIn("2 of 2 mutants killed", output)
        self.assertNotIn("b_harmless", output)

    def test_a_mutant_that_does_not_exist_is_named(self):
        self.write("tests/mutants/a_wrong.patch", patch("42", "41"))
        status, output = self.run_mutants("--only", "a_wrong", "--only", "b_wrong")
        self.assertEqual(1, status, output)
        self.assertIn("no mutant 'b_wrong'", output)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
