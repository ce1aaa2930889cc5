"""README.md and the pages beside it: their code blocks, links and commands, with the lines they stand on."""

import re
from pathlib import Path
from typing import Iterator, NamedTuple

_FENCE = re.compile(r"^```(\w*)\s*$")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_DEV = re.compile(r"^\./dev\s+(\S+)")
_VERB = re.compile(r"^verb_(\w+)\(\)", re.MULTILINE)


class Block(NamedTuple):
    page: str
    line: int  # of the block's first line
    language: str
    text: str


def pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def blocks(root: Path, page: Path) -> Iterator[Block]:
    language, first, lines = None, 0, []
    for number, line in enumerate(page.read_text().splitlines(), start=1):
        fence = _FENCE.match(line)
        if language is None and fence:
            language, first, lines = fence[1], number + 1, []
        elif language is not None and fence and not fence[1]:
            yield Block(page.relative_to(root).as_posix(), first, language, "\n".join(lines) + "\n")
            language = None
        elif language is not None:
            lines.append(line)


def programs(root: Path) -> list[Block]:
    """The blocks that claim to compile: C++ that includes what it needs."""
    found = [block for page in pages(root) for block in blocks(root, page)]
    return [block for block in found if block.language == "cpp" and "#include" in block.text]


def broken_links(root: Path) -> list[str]:
    found = []
    for page in pages(root):
        for number, line in enumerate(page.read_text().splitlines(), start=1):
            for target in _LINK.findall(line):
                path = target.split("#")[0]
                if path and "://" not in path and not (page.parent / path).exists():
                    found.append(f"{page.relative_to(root).as_posix()}:{number}: {target} does not exist")
    return found


def unknown_commands(root: Path) -> list[str]:
    """Lines of sh blocks that call a verb which ./dev does not have."""
    verbs = set(_VERB.findall((root / "dev").read_text()))
    found = []
    for page in pages(root):
        for block in blocks(root, page):
            for offset, line in enumerate(block.text.splitlines() if block.language == "sh" else ()):
                command = _DEV.match(line)
                if command and command[1] not in verbs:
                    found.append(f"{block.page}:{block.line + offset}: ./dev has no verb {command[1]}")
    return found


def session_verbs(text: str, prompt: str) -> list[str]:
    """The verbs of `weir` at the beginnings of lines, behind the prompt."""
    return re.findall(rf"(?m)^{re.escape(prompt)}weir (cluster \w+|\w+)", text)


def not_in_order(told: list[str], played: list[str]) -> list[str]:
    """What is told from the first verb on that is not played behind those before it."""
    rest = iter(played)
    for at, verb in enumerate(told):
        if verb not in rest:
            return told[at:]
    return []


class Option(NamedTuple):
    name: str
    value: str
    default: str
    meaning: str


_HELP_OPTION = re.compile(r"(--weir\.\S+) (\S+)\s+(.*?)(?: \(default: (.*)\))?")
_OF_CORES = "without this option the number of cores"


def help_options(text: str) -> list[Option]:
    """The engine's options as --help lists them, with wrapped lines joined; what depends on the machine says so."""
    section = text.partition("Options of the engine:\n")[2].partition("\n\n")[0]
    entries = re.sub(r"\n {3,}", " ", section).splitlines()
    matches = [_HELP_OPTION.fullmatch(entry.strip()) for entry in entries]
    found = []
    for name, value, meaning, default in (match.groups() for match in matches if match):
        if _OF_CORES in meaning:
            meaning, default = meaning.replace(f"; {_OF_CORES}", ""), "number of cores"
        found.append(Option(name, value, default or "", " ".join(meaning.split())))
    return found


def option_rows(options: list[Option]) -> list[str]:
    """The table of docs/configuration.md that lists these options."""
    rows = []
    for option in options:
        value = option.value.replace("|", "\\|")
        rows.append(f"| `{option.name}` | {value} | {option.default} | {option.meaning} |")
    return rows


def table_rows(root: Path) -> list[str]:
    """The rows of options in docs/configuration.md."""
    lines = (root / "docs/configuration.md").read_text().splitlines()
    return [line for line in lines if line.startswith("| `--weir.")]


_HELP_TABLE = re.compile(r"kHelp\{\{(.*?)\}\};", re.S)
_HELP_ROW = re.compile(r'\{"([\w.]+)",\s*"([^"]*)"\}')


def metrics(root: Path) -> list[str]:
    """The rows of docs/metrics.md that list the metrics that REST tells."""
    table = _HELP_TABLE.search((root / "cluster/src/rest/metrics.cc").read_text())
    return [f"| `{name}` | {meaning} |" for name, meaning in _HELP_ROW.findall(table[1])]


def metric_rows(root: Path) -> list[str]:
    lines = (root / "docs/metrics.md").read_text().splitlines()
    return [line for line in lines if line.startswith("| `")]


def unlisted_decisions(root: Path) -> list[str]:
    index = (root / "docs/README.md").read_text()
    names = [path.name for path in sorted((root / "docs/adr").glob("*.md"))]
    return [f"docs/README.md: adr/{name} is not listed" for name in names if f"adr/{name}" not in index]


def unknown_tests(root: Path) -> list[str]:
    """What the last column of the table of faults names and no test is called."""
    page = (root / "docs/testing.md").read_text()
    section = page.partition("## What a cluster survives")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1])]
    files = [path for path in (root / "tests").rglob("*") if path.suffix in (".py", ".cc")]
    known = {path.name for path in files}
    for path in files:
        known |= set(re.findall(r"^(?: *def |TEST\w*\(\w+, )(\w+)", path.read_text(), re.MULTILINE))
    return [f"docs/testing.md: no test is called {name}" for name in named if name not in known]
