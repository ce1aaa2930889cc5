"""What a checkpoint directory holds, read without any code of Weir's: manifests by their documented fields, state files
by RocksDB's own sst_dump."""

import os
import re
import subprocess
from typing import NamedTuple

_MANIFEST_HEADER = b"WEIRMANI" + (1).to_bytes(4, "little")
_ROW = re.compile(r"'([0-9A-F]*)' seq:(\d+), type:(\d+) => ([0-9A-F]*)")
_PUT, _DELETE = 1, 0


class Bytes:
    """Reads from the front of some bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError(f"{count} bytes at {self.at} of {len(self.data)}")
        self.at += count
        return self.data[self.at - count:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def integer(self, width, signed=False):
        return int.from_bytes(self.take(width), "little", signed=signed)

    def text(self):
        return self.take(self.varint())

    def more(self):
        return self.at < len(self.data)


class Message:
    """A protobuf message by the numbers of its fields."""

    def __init__(self, data):
        self._fields, bytes_ = {}, Bytes(data)
        while bytes_.more():
            number, kind = divmod(bytes_.varint(), 8)
            read = {0: bytes_.varint, 1: lambda: bytes_.integer(8, signed=True), 2: bytes_.text}[kind]
            self._fields.setdefault(number, []).append(read())

    def get(self, number, default=0):
        return self._fields.get(number, [default])[-1]

    def text(self, number):
        return self.get(number, b"").decode()

    def all(self, number):
        return [Message(data) for data in self._fields.get(number, [])]


class State(NamedTuple):
    name: str
    id: int
    sliced: bool
    horizon: int  # ms; slices that end at or before it are gone


class File(NamedTuple):
    """A state file; among files of one subtask the row of a lower rank is overruled."""

    path: str
    size: int
    rank: tuple


class Handle(NamedTuple):
    """The keyed state of an operator's subtask."""

    operator: str
    subtask: int
    key_groups: range
    states: list
    files: list
    entries: int


class Row(NamedTuple):
    state: str
    slice_end: int  # ms; None: the state is not sliced
    key: bytes  # and whatever follows it
    value: bytes


def newest_checkpoint(job):
    """The directory of the newest checkpoint, of `weir checkpoint ls --json`'s description of a job."""
    newest = job["checkpoints"][-1]
    return os.path.join(job["directory"], "chk", f"{newest['generation']}.{newest['checkpoint']}")


class Manifest:
    """The manifest of a checkpoint's directory."""

    def __init__(self, checkpoint):
        with open(os.path.join(checkpoint, "MANIFEST"), "rb") as file:
            data = Bytes(file.read())
        if data.take(12) != _MANIFEST_HEADER:
            raise ValueError(f"{checkpoint} has no manifest of version 1")
        self._job = os.path.dirname(os.path.dirname(checkpoint))
        self._message = Message(data.take(data.integer(8)))

    def splits(self):
        """The position of each split of all sources, by the split's id; empty: at its beginning."""
        return {split.text(1): split.text(2) for operator in self._message.all(11) for split in operator.all(6)}

    def staged(self, sink):
        """The handles of a sink's output that was not known to be delivered."""
        return [output.text(3) for entry in self._message.all(12) if entry.text(1).endswith(sink)
                for output in entry.all(2)]

    def handles(self):
        return [self._handle(operator) for operator in self._message.all(11) if operator.get(5, None) is not None]

    def _handle(self, operator):
        (handle,) = operator.all(5)
        states = [State(s.text(1), s.get(2), bool(s.get(3)), s.get(6)) for s in handle.all(3)]
        files = handle.all(5)
        ranks = _ranks(handle.get(4, b"")) if files else []
        if len(ranks) != len(files):
            raise ValueError(f"{len(files)} files, and a description of {len(ranks)}")
        return Handle(operator.text(1), operator.get(2), range(handle.get(1), handle.get(2)), states,
                      [File(os.path.join(self._job, file.text(1)), file.get(2), rank)
                       for file, rank in zip(files, ranks)], handle.get(6))


def _ranks(metadata):
    """RocksDB's order of an export's files: level 0 overrules the levels below, and within it what came later."""
    bytes_ = Bytes(metadata)
    if bytes_.text() != b"RocksDB column family 1":
        raise ValueError(f"no description of RocksDB's: {metadata[:40]}")
    bytes_.text()  # comparator
    ranks = []
    for _ in range(bytes_.varint()):
        bytes_.text()  # name
        level, _, largest = bytes_.integer(4), bytes_.integer(8), bytes_.integer(8)
        ranks.append((-level, largest))
        bytes_.text(), bytes_.text()  # smallest and largest key
    return ranks


def rows_of_file(path):
    """Key to value of all rows of a state file, as sst_dump prints them; the value of a deleted row is None."""
    done = subprocess.run(["sst_dump", "--command=scan", "--output_hex", f"--file={path}"], capture_output=True,
                          text=True, check=True)
    rows = {}
    for line in done.stdout.splitlines():
        if not line.startswith("'"):
            continue
        match = _ROW.fullmatch(line)
        if not match or int(match[3]) not in (_PUT, _DELETE) or bytes.fromhex(match[1]) in rows:
            raise ValueError(f"{path} has the row {line}")
        rows[bytes.fromhex(match[1])] = bytes.fromhex(match[4]) if int(match[3]) == _PUT else None
    return rows


def live_rows(handle, files=None):
    """What a restore takes from the files: no row that a newer file overrules or deletes, none below a horizon."""
    newest = {}
    for file in sorted(handle.files if files is None else files, key=lambda file: file.rank):
        newest.update(rows_of_file(file.path))
    states = {state.id: state for state in handle.states}
    rows = []
    for key, value in newest.items():
        group, state = int.from_bytes(key[:2], "big"), states[int.from_bytes(key[2:4], "big")]
        if group not in handle.key_groups:
            raise ValueError(f"a row of key group {group} lies with subtask {handle.subtask}: {handle.key_groups}")
        # Signed integers are written with the sign bit flipped, so that they sort as bytes.
        end = int.from_bytes(key[4:12], "big") - 2**63 if state.sliced else None
        if value is not None and (end is None or end > state.horizon):
            rows.append(Row(state.name, end, key[12 if state.sliced else 4:], value))
    return rows


def text_key(key):
    """The text that a row's key is. Errors: ValueError, if something follows it."""
    if not key.endswith(b"\0\0") or b"\0\0" in key[:-2].replace(b"\0\xff", b""):
        raise ValueError(f"{key} is not one text")
    return key[:-2].replace(b"\0\xff", b"\0")
