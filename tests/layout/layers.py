"""The law of the layers: who may include whom, and what a public header may show."""

import re
from pathlib import Path
from typing import Iterator

from cpp_source import Finding, code_only, cpp_files

_BELOW_CLUSTER = {"core", "host", "state", "checkpoint", "runtime"}
_BELOW_STREAM = _BELOW_CLUSTER | {"connectors", "cluster"}

# What each folder may include besides itself.
MAY_INCLUDE = {
    "core": set(),
    "host": {"core"},
    "sim": {"core"},
    "state": {"core"},
    "checkpoint": {"core"},
    "connectors": {"core"},
    "runtime": {"core", "state", "checkpoint"},
    "cluster": _BELOW_CLUSTER,
    "stream": _BELOW_STREAM,
    "examples": _BELOW_STREAM | {"stream"},
}

# These see everything.
FREE = {"tests", "benchmarks"}

# No code of Weir.
IGNORED = {"build", "cmake", "docs", "deploy"}

# Libraries that compile fast and read well enough to be part of a public header, by the start of their path.
# All others (Asio, RocksDB, protobuf, clients of other systems) stay in src/.
SHOWN_LIBRARIES = ("fmt/", "spdlog/", "xxhash.h", "boost/unordered/", "boost/container/", "boost/describe")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]')
_STANDARD = re.compile(r"[a-z_]+(\.h)?")
_C_OF_THE_SYSTEM = re.compile(r"(unistd|fcntl|netdb|pthread|dirent|poll|sched|signal)\.h")


def check(root: Path) -> list[Finding]:
    """All places under `root` that break the law, in the order of their paths."""
    return [finding for folder in _folders(root) for finding in _check_folder(root, folder)]


def _folders(root: Path) -> Iterator[str]:
    for path in sorted(root.iterdir()):
        hidden = path.name.startswith((".", "build"))
        if path.is_dir() and not hidden and path.name not in FREE | IGNORED:
            yield path.name


def _check_folder(root: Path, folder: str) -> Iterator[Finding]:
    for path in cpp_files(root / folder):
        name = path.relative_to(root).as_posix()
        if folder not in MAY_INCLUDE:
            yield Finding(name, 1, f"folder {folder}/ has no place in the table of layers (tests/layout/layers.py)")
            return
        public = name.startswith(f"{folder}/include/")
        for number, line in enumerate(code_only(path.read_text()).splitlines(), start=1):
            include = _INCLUDE.match(line)
            if not include:
                continue
            target = include[2]
            owner = _owner(root, target)
            if ".." in Path(target).parts:
                yield Finding(name, number, f'"{target}" climbs out of its folder: name it from include/ or src/')
            elif owner is None:
                if public and not _may_show(target, quoted=include[1] == '"'):
                    yield Finding(name, number, f"<{target}> in a public header: keep it in {folder}/src/")
            elif owner != folder and owner not in MAY_INCLUDE[folder]:
                allowed = ", ".join(sorted(MAY_INCLUDE[folder])) or "nothing of ours"
                yield Finding(name, number, f'{folder}/ includes "{target}" of {owner}/; it may include {allowed}')


def _owner(root: Path, target: str) -> str | None:
    """The folder a header of ours belongs to: weir/<folder>/..., or the one whose include/ or tree holds it."""
    parts = Path(target).parts
    if parts[0] == "weir":
        if len(parts) > 2:
            return parts[1]
        homes = [folder for folder in MAY_INCLUDE if (root / folder / "include" / target).exists()]
        return homes[0] if homes else "stream"
    # "state/src/table.h" reaches into another folder's inside.
    if len(parts) > 1 and parts[0] in MAY_INCLUDE and (root / target).exists():
        return parts[0]
    return None


def _may_show(target: str, quoted: bool) -> bool:
    if quoted:
        return target.startswith(SHOWN_LIBRARIES)
    standard = _STANDARD.fullmatch(target) and not _C_OF_THE_SYSTEM.fullmatch(target)
    return bool(standard) or target.startswith(SHOWN_LIBRARIES)
