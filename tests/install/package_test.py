"""The Debian packages: what they hold and need, and that dpkg installs them."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from installed import must, readme_program
from processes import Case, main, program

# Runs as root in mounts of its own: the machine as it is, with every change kept apart and forgotten.
APART = r"""
set -e
mount -t tmpfs apart "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mkdir -p "$1/root/try"
cp -a "$2"/. "$1/root/try"
chroot "$1/root" bash -ec "cd /try && $3"
"""


def can_be_apart():
    """Whether this machine lets us mount an overlay of itself."""
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as files:
        command = ["unshare", "--mount", "bash", "-c", APART, "apart", empty, files, "true"]
        return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


class Packages(Case):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.place = Path(temporary.name)
        # Not as small as it could be, but soon.
        must(program("cpack"), "-D", f"CPACK_PACKAGE_DIRECTORY={cls.place}", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip",
             cwd=program("build"))

    def package(self, name):
        [path] = glob.glob(str(self.place / f"{name}_*.deb"))
        return path

    def field(self, name, field):
        return must("dpkg-deb", "--field", self.package(name), field).strip()

    def files(self, name):
        return {line.split()[5].removeprefix("./") for line in must("dpkg-deb", "--contents", self.package(name)).splitlines()}

    def test_are_named_as_debian_names_them(self):
        architecture = must("dpkg", "--print-architecture").strip()
        for name in ("weir", "libweir-dev"):
            self.assertRegex(os.path.basename(self.package(name)), rf"^{name}_[0-9.]+-1_{architecture}\.deb$")
            self.assertEqual(self.field(name, "Package"), name)
            description = self.field(name, "Description").splitlines()
            self.assertRegex(description[0], "^Stateful stream processor: ")
            self.assertGreater(len(description), 1)

    def test_need_what_they_use(self):
        needs = self.field("weir", "Depends")
        for library in ("libc6", "libstdc++6", "libfmt9", "librocksdb7.8", "libprotobuf32", "libssl3"):
            self.assertRegex(needs, rf"(^|, ){re.escape(library)}( |,|$)")
        needs = self.field("libweir-dev", "Depends")
        for library in ("libfmt-dev", "libspdlog-dev", "librocksdb-dev", "libprotobuf-dev", "libyaml-cpp-dev", "libssl-dev", "libxxhash-dev"):
            self.assertIn(library, needs)

    def test_share_no_file(self):
        self.assertEqual(set(), {file for file in self.files("weir") & self.files("libweir-dev") if not file.endswith("/")})

    def test_hold_the_command_and_what_jobs_are_built_with(self):
        command = self.files("weir")
        self.assertLessEqual({"usr/bin/weir", "usr/share/man/man1/weir.1", "usr/share/doc/weir/LICENSE",
                              "usr/share/bash-completion/completions/weir"}, command)
        jobs = self.files("libweir-dev")
        self.assertIn("usr/include/weir/weir.h", jobs)
        for ending in ("/libweir.a", "/cmake/Weir/WeirConfig.cmake", "/pkgconfig/weir.pc"):
            self.assertEqual(1, sum(file.startswith("usr/lib/") and file.endswith(ending) for file in jobs), ending)

    def test_a_job_is_built_and_run_where_dpkg_has_installed_them(self):
        if not can_be_apart():
            self.skipTest("needs root, and a kernel that mounts an overlay of the root directory")
        self.write("try/job.cc", readme_program().encode())
        for name in ("weir", "libweir-dev"):
            shutil.copy(self.package(name), self.path("try"))
        said = must("unshare", "--mount", "bash", "-c", APART, "apart", tempfile.mkdtemp(dir=self.folder), self.path("try"),
                    "dpkg -i ./*.deb; weir --version; g++ -std=c++20 job.cc -o job $(pkg-config --cflags --libs weir); "
                    "weir info ./job --port 9999; dpkg --purge weir libweir-dev; ! test -e /usr/bin/weir")
        self.assertRegex(said, r"(?m)^weir [0-9.]+$")
        self.assertRegex(said, r"(?m)^Socket Window WordCount: takes 1 slot$")


if __name__ == "__main__":
    main()
