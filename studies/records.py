"""Records on disk: one line of JSON for each setting that was computed, in a file that one process at a time writes.

A line is flushed to the disk before the next one is begun. So a process that is killed at any moment leaves finished
lines, and at most one that is half written, which is cut off when the file is opened again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

Record = dict[str, Any]


def key_of(study: str, version: int, setting: Mapping[str, Any]) -> str:
    """Return the content hash, 16 hexadecimal digits, of a setting and of the version of the code that computes it.

    >>> key_of("toy", 1, {"spins": 8, "seed": 0}) == key_of("toy", 1, {"seed": 0, "spins": 8})
    True
    >>> key_of("toy", 1, {"spins": 8}) == key_of("toy", 2, {"spins": 8})
    False
    """
    content = json.dumps([study, version, setting], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def read(path: Path) -> list[Record]:
    """Return the finished records of a file, none where there is no file; a half-written last line is left out."""
    whole = path.read_bytes() if path.exists() else b""
    records = []
    for number, line in enumerate(whole[: whole.rfind(b"\n") + 1].splitlines(), 1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise ValueError(
                f"{path.name}, line {number}: {line[:40]!r} is no record. Remove the line to compute it anew."
            ) from error
    return records


class Store:
    """The records of one study while it is computed; no other process can open them to write.

    Parameters
    ----------
    path : Path
        The file, made where there is none.
    again : bool
        Whether records of failures are thrown away, so that their settings are tried once more.

    Raises
    ------
    BlockingIOError
        If another process writes to the file.
    ValueError
        If a line of the file is no record.
    """

    def __init__(self, path: Path, again: bool = False) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "ab")  # noqa: SIM115  it is held open for as long as the lock
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            records = read(path)
        except BlockingIOError as error:
            self._file.close()
            raise BlockingIOError(
                f"{path.name}: another sweep writes to it. Wait until it ends: this one then computes what is missing."
            ) from error
        except ValueError:
            self._file.close()
            raise
        kept = [record for record in records if not (again and "error" in record)]
        finished = path.read_bytes().rfind(b"\n") + 1
        os.truncate(path, finished)
        if len(kept) < len(records):
            self._keep(kept)
        self.keys = {record["key"] for record in kept}
        self.failures = sum("error" in record for record in kept)

    def _keep(self, records: list[Record]) -> None:
        """Write these alone, in place, so that the lock stays; a copy stands beside the file until it is done."""
        copy = self.path.with_suffix(".before")
        copy.write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)
        self._write("".join(map(line_of, records)))
        copy.unlink()

    def _write(self, text: str) -> None:
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def add(self, record: Record) -> None:
        """Append a record, and return when it is on the disk."""
        if record["key"] in self.keys:
            raise ValueError(f"{self.path.name}: the record {record['key']} is there already.")
        self._write(line_of(record))
        self.keys.add(record["key"])
        self.failures += "error" in record

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def line_of(record: Record) -> str:
    """Return a record as its line."""
    return json.dumps(record) + "\n"
