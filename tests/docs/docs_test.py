"""usage: docs_test.py TESTS [COMMAND...]: checks the pages, and the checks against planted mistakes.

The command is the compiler with its flags for the tests Programs, a job's program for the tests Options, CMake for
the tests OwnProject.
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pages

ROOT = Path(__file__).resolve().parents[2]
COMMAND: list[str] = []


class Case(unittest.TestCase):
    def assert_none(self, findings: list[str]) -> None:
        if findings:
            self.fail("\n" + "\n".join(findings))


class Programs(Case):
    """What the pages show as a program compiles."""

    def test_compile(self):
        found = pages.programs(ROOT)
        self.assertIn("README.md", [block.page for block in found])
        for block in found:
            with self.subTest(page=block.page, line=block.line):
                source = f'#line {block.line} "{block.page}"\n{block.text}'
                run = subprocess.run([*COMMAND, "-x", "c++", "-"], input=source, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(0, run.returncode, f"\n{run.stdout}")


class OwnProject(Case):
    """The project that docs/jobs.md shows takes Weir in as a folder, without its tests."""

    def test_configures(self):
        shown = [block.text for block in pages.blocks(ROOT, ROOT / "docs/jobs.md") if block.language == "cmake"]
        self.assertEqual(1, len(shown))
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            (project / "CMakeLists.txt").write_text(shown[0].replace("../weir", str(ROOT)))
            (project / "turnover.cc").write_text("int main() {}\n")
            run = subprocess.run([*COMMAND, "-G", "Ninja", "-S", project, "-B", project / "build"], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(0, run.returncode, f"\n{run.stdout}")
            targets = (project / "build/build.ninja").read_text()
            self.assertIn("build turnover: CXX_EXECUTABLE_LINKER", targets)
            self.assertNotIn("core_test", targets)


class Options(Case):
    """docs/configuration.md lists the options that there are."""

    def test_are_those_of_help(self):
        help_text = subprocess.run([*COMMAND, "--help"], text=True, stdout=subprocess.PIPE, check=True).stdout
        rows = pages.option_rows(pages.help_options(help_text))
        self.assertGreater(len(rows), 10)
        self.maxDiff = None
        self.assertEqual(rows, pages.table_rows(ROOT), "docs/configuration.md does not list what --help does")


class Metrics(Case):
    """docs/metrics.md lists the metrics that there are."""

    def test_are_those_of_rest(self):
        rows = pages.metrics(ROOT)
        self.assertGreater(len(rows), 10)
        self.maxDiff = None
        self.assertEqual(rows, pages.metric_rows(ROOT), "docs/metrics.md does not list what cluster/src/rest does")


class Pages(Case):
    """What the pages name exists."""

    def test_links_lead_somewhere(self):
        self.assert_none(pages.broken_links(ROOT))

    def test_commands_exist(self):
        self.assert_none(pages.unknown_commands(ROOT))

    def test_tests_that_are_said_to_show_something_exist(self):
        self.assert_none(pages.unknown_tests(ROOT))

    def test_decisions_are_listed(self):
        self.assert_none(pages.unlisted_decisions(ROOT))

    def test_the_session_of_the_cluster_is_the_one_that_is_played(self):
        told = pages.session_verbs((ROOT / "docs/cluster.md").read_text(), "$ ")
        self.assertGreater(len(told), 5)
        self.assertEqual([], pages.not_in_order(told, pages.session_verbs((ROOT / "tests/session/run").read_text(), "")))

    def test_the_readme_shows_the_two_commands_of_a_newcomer(self):
        commands = [block.text for block in pages.blocks(ROOT, ROOT / "README.md") if block.language == "sh"]
        self.assertEqual(["./dev demo\n", "./dev test\n"], commands)


class Planted(Case):
    """The checks notice."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        (self.root / "docs/adr").mkdir(parents=True)
        (self.root / "dev").write_text("verb_test() {\n}\n")
        (self.root / "docs/README.md").write_text("")

    def readme(self, text: str) -> None:
        (self.root / "README.md").write_text(text)

    def test_a_link_to_nowhere(self):
        self.readme("fine: [a](dev) [b](https://example.org) [c](#here)\nbad: [d](docs/none.md)\n")
        self.assertEqual(["README.md:2: docs/none.md does not exist"], pages.broken_links(self.root))

    def test_a_verb_that_does_not_exist(self):
        self.readme("```sh\n./dev test\n./dev tset\n```\n")
        self.assertEqual(["README.md:3: ./dev has no verb tset"], pages.unknown_commands(self.root))

    def test_a_test_that_does_not_exist(self):
        (self.root / "tests").mkdir()
        (self.root / "tests/a_test.cc").write_text("TEST_F(Suite, IsThere) {\n")
        (self.root / "tests/b_test.py").write_text("class B:\n    def test_too(self):\n")
        (self.root / "docs/testing.md").write_text(
            "## What a cluster survives\n| a | b | c |\n| x `y` | z | `IsThere`, `test_too`, `b_test.py`, `IsNot` |\n\n## More\n| `z` |\n")
        self.assertEqual(["docs/testing.md: no test is called IsNot"], pages.unknown_tests(self.root))

    def test_a_decision_that_is_not_listed(self):
        (self.root / "docs/adr/0007-x.md").write_text("")
        self.assertEqual(["docs/README.md: adr/0007-x.md is not listed"], pages.unlisted_decisions(self.root))

    def test_an_option_that_is_not_listed(self):
        text = ("Options of the engine:\n"
                "  --weir.cores NUMBER       how many; without this option the number of cores (default: 2)\n"
                "  --weir.mode on|off\n                            which of\n                            them (default: on)\n"
                "  --weir.file FILE          read it\n"
                "  --help, -h                show this text\n\nMore.\n")
        self.assertEqual([pages.Option("--weir.cores", "NUMBER", "number of cores", "how many"),
                          pages.Option("--weir.mode", "on|off", "on", "which of them"),
                          pages.Option("--weir.file", "FILE", "", "read it")], pages.help_options(text))
        (self.root / "docs/configuration.md").write_text("| a |\n| `--weir.mode` | on\\|off | on | which of them |\n")
        self.assertEqual(pages.option_rows(pages.help_options(text))[1:2], pages.table_rows(self.root))

    def test_a_metric_that_is_not_listed(self):
        (self.root / "cluster/src/rest").mkdir(parents=True)
        (self.root / "cluster/src/rest/metrics.cc").write_text(
            'array<pair, 2> kHelp{{\n    {"numRecordsIn", "records that came"},\n    {"a.b",\n     "other"},\n}};\n')
        (self.root / "docs/metrics.md").write_text("| metric |\n| `numRecordsIn` | records that came |\n")
        self.assertEqual(["| `numRecordsIn` | records that came |", "| `a.b` | other |"], pages.metrics(self.root))
        self.assertEqual(pages.metrics(self.root)[:1], pages.metric_rows(self.root))

    def test_a_session_that_is_played_otherwise(self):
        told = pages.session_verbs("$ weir cluster start\n$ weir stop 1 -p x\nweir list\n$ weir list\n", "$ ")
        self.assertEqual(["cluster start", "stop", "list"], told)
        self.assertEqual([], pages.not_in_order(told, ["cluster start", "run", "stop", "list"]))
        self.assertEqual(["stop", "list"], pages.not_in_order(told, ["cluster start", "list"]))

    def test_programs_are_the_blocks_with_includes(self):
        self.readme("```cpp\nint a;\n```\n\n```cpp\n#include <vector>\nint b;\n```\n\n```\n#include <x>\n```\n")
        self.assertEqual([pages.Block("README.md", 6, "cpp", "#include <vector>\nint b;\n")], pages.programs(self.root))


if __name__ == "__main__":
    COMMAND = sys.argv[2:]
    unittest.main(argv=sys.argv[:2], verbosity=2)
