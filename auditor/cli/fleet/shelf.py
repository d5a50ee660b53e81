"""Reports put aside in an unnamed file, compressed, so that a thousand of them take no more memory than one."""

import json
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from auditor.errors import OutputError
from auditor.model.codec import decode
from auditor.model.report import Report


@contextmanager
def opened_shelf() -> Iterator["Shelf"]:
    """A shelf that is gone at the end of the block."""
    # for the user alone, and without a name
    with tempfile.TemporaryFile(prefix="auditor-") as file:
        yield Shelf(file)


@dataclass(frozen=True)
class Span:
    """Where a report lies."""

    start: int
    length: int


@dataclass(frozen=True)
class Shelf:
    """The file, which only this process sees."""

    file: IO[bytes]

    def put(self, text: str) -> Span:
        """Put the JSON text of a report aside; raises OutputError."""
        data = zlib.compress(text.encode(), 1)
        try:
            start = self.file.seek(0, 2)
            self.file.write(data)
            self.file.flush()
        except OSError as error:
            folder = tempfile.gettempdir()
            raise OutputError(f"'{folder}' can't hold the sites' reports ({error.strerror}): set TMPDIR") from error
        return Span(start, len(data))

    def take(self, span: Span) -> Report:
        """A report that was put aside."""
        self.file.seek(span.start)
        return decode(Report, json.loads(zlib.decompress(self.file.read(span.length))))
