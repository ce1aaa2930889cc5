"""A reader of delivered output that looks while the job runs, is killed, and runs again."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import word_count

PAUSE = 0.005  # seconds from one look to the next


class Watcher:
    """Looks at the files of some folders until the `with` block ends; then `faults` says what no reader may see:
    a file without its last newline, one that changed, one that went away."""

    def __init__(self, *folders):
        self._folders = folders
        self._seen = {}  # path: (what stat said, bytes)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.looks = 0
        self.faults = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self.look()
        for path, (_, data) in self._seen.items():
            if os.path.exists(path) and word_count.bytes_of(path) != data:
                self.faults.append(f"{path} holds other bytes than when it was seen first")

    @property
    def files(self):
        return len(self._seen)

    def _run(self):
        while not self._stop.wait(PAUSE):
            self.look()

    def look(self):
        with self._lock:
            self._look()

    def _look(self):
        self.looks += 1
        found = {path for folder in self._folders for path in word_count.files_under(folder)}
        for path in self._seen.keys() - found:
            self._fault(path, "was visible and is gone")
        for path in sorted(found):
            try:
                self._look_at(path)
            except FileNotFoundError:
                pass  # between the listing and now: the next look finds it gone

    def _look_at(self, path):
        stat = os.stat(path)
        identity = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if path not in self._seen:
            data = word_count.bytes_of(path)
            self._seen[path] = (identity, data)
            if not data.endswith(b"\n"):
                self._fault(path, f"was visible when it ended with {data[-40:]}")
        elif self._seen[path][0] != identity:
            self._fault(path, f"was {self._seen[path][0]} (inode, bytes, time) and became {identity}")

    def _fault(self, path, what):
        fault = f"{path} {what}"
        if fault not in self.faults:
            self.faults.append(fault)
