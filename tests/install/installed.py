"""Weir installed from this build below a directory of the test, and jobs that are built with what lies there."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import Case, TextServer, program

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/docs"))

import pages  # noqa: E402 (in tests/docs)

COMPONENTS = ("weir", "libweir-dev")


def readme_program():
    """The program that README.md shows: words of a socket, counted over windows."""
    [block] = [block for block in pages.programs(ROOT) if block.page == "README.md"]
    return block.text


def must(*command, **options):
    """Runs a command that must succeed; what it said is shown otherwise. Returns its output."""
    ended = subprocess.run([os.fspath(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, stdin=subprocess.DEVNULL, **options)
    if ended.returncode != 0:
        raise AssertionError(f"{command} ended with status {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


class InstalledCase(Case):
    """Weir is installed once for all tests of the class, and then moved: nothing may depend on where it was."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        first = Path(temporary.name, "first")
        for component in COMPONENTS:
            must(program("cmake"), "--install", program("build"), "--prefix", first, "--component", component)
        cls.prefix = Path(temporary.name, "moved here")
        shutil.move(first, cls.prefix)

    def file(self, pattern):
        [found] = self.prefix.glob(pattern)
        return found

    def assert_counts_words(self, job):
        """It runs by itself and counts what comes over its socket."""
        with TextServer() as server:
            process = self.start(job, "--port", str(server.port), "--weir.drain")
            server.accept()
            server.send(b"one two two\n")
            server.close()
            self.assertEqual(process.wait(), 0, process.err.data().decode())
        self.assertIn(b"WordWithCount(two,2)\n", process.out.data())
