"""What `cmake --install` puts below a prefix works there: jobs are built with it, and the command finds its page."""

import json
import os
import re
import urllib.request
from pathlib import Path

from clusters import SUBMITTED
from installed import ROOT, InstalledCase, must, readme_program
from processes import TextServer, main, program


class Jobs(InstalledCase):
    def test_a_job_is_built_with_find_package_and_runs_on_the_installed_cluster(self):
        self.write("word_count.cc", readme_program().encode())
        self.write("CMakeLists.txt", (ROOT / "tests/install/word_count/CMakeLists.txt").read_bytes())
        must(program("cmake"), "-S", self.folder, "-B", self.path("build"), f"-DCMAKE_PREFIX_PATH={self.prefix}",
             f"-DCMAKE_CXX_COMPILER={program('cxx')}")
        must(program("cmake"), "--build", self.path("build"))
        job = self.path("build/word_count")
        self.assert_counts_words(job)

        weir = self.prefix / "bin/weir"
        must(weir, "cluster", "start", "-p", "0", "--control-port", "0", cwd=self.folder)
        self.addCleanup(must, weir, "cluster", "stop", cwd=self.folder)
        with TextServer() as server:
            said = must(weir, "run", "-d", job, "--port", str(server.port), cwd=self.folder)
            server.accept()
            must(weir, "cancel", SUBMITTED.search(said)[1], cwd=self.folder)

    def test_a_job_is_built_with_pkg_config(self):
        self.write("job.cc", readme_program().encode())
        environment = dict(os.environ, PKG_CONFIG_PATH=str(self.file("**/weir.pc").parent))
        flags = must("pkg-config", "--cflags", "--libs", "weir", env=environment).replace("\\ ", "\0").split()
        must(program("cxx"), "-std=c++20", "job.cc", "-o", "job", *(flag.replace("\0", " ") for flag in flags),
             cwd=self.folder)
        self.assert_counts_words(self.path("job"))

    def test_another_minor_version_is_refused(self):
        self.write("CMakeLists.txt", b"cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES CXX)\n"
                                     b"find_package(Weir 0.2 REQUIRED)\n")
        with self.assertRaisesRegex(AssertionError, "requested version"):
            must(program("cmake"), "-S", self.folder, "-B", self.path("build"), f"-DCMAKE_PREFIX_PATH={self.prefix}")


class Page(InstalledCase):
    def test_is_found_beside_the_command(self):
        index = self.prefix / "share/weir/web/index.html"
        index.parent.mkdir(parents=True, exist_ok=True)
        index.write_text("the installed page\n")
        weir = self.prefix / "bin/weir"
        must(weir, "cluster", "start", "-p", "0", "--control-port", "0", "--taskmanagers", "0", cwd=self.folder)
        self.addCleanup(must, weir, "cluster", "stop", cwd=self.folder)
        page = json.loads(self.run_to_end(weir, "cluster", "status", "--json").out)["page"]
        with urllib.request.urlopen(page, timeout=30) as answer:
            self.assertEqual(answer.read().decode(), "the installed page\n")


class Files(InstalledCase):
    def test_headers_include_none_that_is_not_there(self):
        headers = list(self.prefix.glob("include/weir/**/*.h"))
        self.assertGreater(len(headers), 50)
        missing = [
            f"{header}: {name}" for header in headers
            for name in re.findall(r'(?m)^#include [<"](weir/[^>"]+)[>"]', header.read_text())
            if not (self.prefix / "include" / name).exists()
        ]
        self.assertEqual([], missing)

    def test_no_text_names_the_tree_that_it_came_from(self):
        texts = [path for path in self.prefix.rglob("*") if path.suffix in (".cmake", ".pc", ".txt", ".1", ".h", "")]
        told = [str(path) for path in texts if path.is_file() and path.name != "weir" and
                (str(ROOT).encode() in path.read_bytes() or program("build").encode() in path.read_bytes())]
        self.assertEqual([], told)

    def test_examples_and_licence_come_along(self):
        documents = self.prefix / "share/doc/libweir-dev"
        names = {path.relative_to(documents).as_posix() for path in documents.rglob("*")}
        self.assertLessEqual({"LICENSE", "CHANGELOG.md", "examples/CMakeLists.txt"} |
                             {f"examples/{path.name}" for path in Path(ROOT, "examples").glob("*.cc")}, names)
        listed = (documents / "examples/CMakeLists.txt").read_text()
        for path in Path(ROOT, "examples").glob("*.cc"):
            self.assertIn(path.stem, listed)


if __name__ == "__main__":
    main()
