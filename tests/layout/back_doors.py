"""The back doors to the outside: what only host/ may touch, so that a simulated run sees nothing real."""

import re
from pathlib import Path
from typing import Iterator, NamedTuple

from cpp_source import Finding, code_only, cpp_files
from layers import MAY_INCLUDE

_SEAM = "goes through the seam of core/host.h"


class Door(NamedTuple):
    pattern: re.Pattern
    instead: str


def _door(pattern: str, instead: str) -> Door:
    return Door(re.compile(pattern), instead)


# A name at global scope: "::open(", not "Table::open(".
_GLOBAL = r"(?<![\w>])::\s*"

DOORS = [
    _door(r"\bstd::(jthread|thread|async)\b", f"a thread {_SEAM} (Host::blocking)"),
    _door(r"\b(system_clock|steady_clock)::now\b", f"time {_SEAM}"),
    _door(r"\bhigh_resolution_clock\b", f"time {_SEAM}"),
    _door(r"\b(clock_gettime|gettimeofday)\b", f"time {_SEAM}"),
    _door(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", f"waiting {_SEAM} (Host::at)"),
    _door(r"\b[io]?fstream\b", f"a file {_SEAM}"),
    _door(r"\b(fopen|fdopen|freopen)\b", f"a file {_SEAM}"),
    _door(r"\bfilesystem::(?!path\b)\w+", f"a file {_SEAM}"),
    _door(_GLOBAL + r"(open|openat|creat|read|pread|write|pwrite|unlink|rename)\s*\(", f"a file {_SEAM}"),
    _door(_GLOBAL + r"(socket|connect|bind|listen|accept|poll|select)\s*\(", f"the network {_SEAM}"),
    _door(r"\b(tcp|udp|local::stream_protocol)::(socket|acceptor|resolver|iostream)\b", f"the network {_SEAM}"),
    _door(r"\b(secure_)?getenv\b", "configuration comes by flags and files"),
    _door(r"\brandom_device\b", f"randomness {_SEAM}"),
    _door(r"(?<![\w.>])s?rand\s*\(", f"randomness {_SEAM}"),
]

CATCH_ALL = _door(r"\bcatch\s*\(\s*\.\.\.\s*\)", "a simulated kill must pass: catch what derives from std::exception")

# The files that may catch everything, because they hand it on or end the attempt with it.
MAY_CATCH_ALL = {
    "host/src/helper_pool.cc",  # hands a helper's exception to its caller as an exception_ptr
    "sim/src/world.cc",  # as the above; kills pass
    "runtime/src/user_code.cc",  # ends the attempt of a task that threw
}


def check(root: Path, may_catch_all: set[str] = frozenset(MAY_CATCH_ALL)) -> list[Finding]:
    """All back doors in Weir's own folders, and exceptions to the rule that nothing needs any more."""
    return [*_open_doors(root, may_catch_all), *_stale(root, may_catch_all)]


def _open_doors(root: Path, may_catch_all: set[str]) -> Iterator[Finding]:
    for folder in MAY_INCLUDE:
        for path in cpp_files(root / folder):
            name = path.relative_to(root).as_posix()
            doors = [] if folder == "host" else list(DOORS)
            if name not in may_catch_all:
                doors.append(CATCH_ALL)
            for number, line in enumerate(code_only(path.read_text()).splitlines(), start=1):
                for door in doors:
                    if match := door.pattern.search(line):
                        yield Finding(name, number, f"{match[0].strip()} is a back door: {door.instead}")


def _stale(root: Path, may_catch_all: set[str]) -> Iterator[Finding]:
    for name in sorted(may_catch_all):
        path = root / name
        if not path.exists() or not CATCH_ALL.pattern.search(code_only(path.read_text())):
            yield Finding(name, 1, "is allowed to catch everything and does not: take it off the list")
