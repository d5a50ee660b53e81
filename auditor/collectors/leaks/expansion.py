"""What is packed inside a file's bytes, one level deep and capped: UTF-16, gzip, zip (docx, jar, …), tar, base64."""

import base64
import io
import re
import string
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.detector.run_finder import RunFinder

# an archive that inflates to more is a bomb, or is said to be unsearched beyond
_LARGEST_BYTES = 64 << 20
_MOST_MEMBERS = 10_000
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_TAR_AT = 257
# a shorter run of base64 holds no token with its name; a longer one is taken in parts
_LEAST_RUN = 40
_LONGEST_RUN = 64 << 10
_ALPHABET = (string.ascii_letters + string.digits + "+/").encode()
# what each of a group of four may be where it stands for three letters below 128 that are no control characters but
# tabs and ends of lines: hashes and object ids are no base64 of a text, and their first bytes show it
_GROUP = (
    b"CDIJKLMNOPQRSTUVWXYZabcdef",
    b"ACDEFGHQSTUVWXgijklmnwyz0123",
    b"ABEFIJMNQRUVYZcdghklopstwx014589",
    _ALPHABET,
)
_FIRST = frozenset(_GROUP[0])
_RUNS = RunFinder(_ALPHABET, _GROUP, _LEAST_RUN)
# without hyperscan runs are found by translation, tens of times as fast as by a regular expression
_FOLD = bytes(97 if char in _ALPHABET else 32 for char in range(256))
_NEEDLE = b"a" * _LEAST_RUN
_END = re.compile(rb"[^A-Za-z0-9+/]|\Z")
# what base64 of a text decodes to; anything else is an image, a key, a hash
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Inner:
    """A text that was packed, by its name inside; `reason` is set, and `data` empty, where it could not be had."""

    name: str
    data: bytes
    reason: str | None = None


def is_packed(data: bytes) -> bool:
    """Whether the first bytes say that the text lies inside."""
    return (
        data[:2] in _UTF16
        or data[:2] == b"\x1f\x8b"
        or data[:4] == b"PK\3\4"
        or data[_TAR_AT : _TAR_AT + 5] == b"ustar"
    )


def unpacked(data: bytes) -> Iterator[Inner]:
    """The texts inside of what `is_packed`; a member that can't be had is one with a reason."""
    if data[:2] in _UTF16:
        text = data[2:].decode(_UTF16[data[:2]], "replace")
        yield Inner("", text.encode("utf-8", "surrogatepass"))
    elif data[:2] == b"\x1f\x8b":
        yield from _gzip(data)
    elif data[:4] == b"PK\3\4":
        yield from _zip(data)
    else:
        yield from _tar(data)


def decoded(text: bytes, finder: RunFinder | None = _RUNS) -> Iterator[tuple[int, int, bytes]]:
    """The runs of base64 that hold a text: their place in `text` and what they decode to."""
    starts = finder.starts(text) if finder else None
    for first, last in _folded_runs(text) if starts is None else _runs(text, starts):
        if not _is_text(text[first : first + _LEAST_RUN]):
            continue
        for start in range(first, last, _LONGEST_RUN):
            end = min(last, start + _LONGEST_RUN)
            run = text[start:end]
            if len(run) >= _LEAST_RUN and _is_text(run[: len(run) & ~3]):
                yield start, end, base64.b64decode(run[: len(run) & ~3] + _rest(run))


def _runs(text: bytes, starts: Iterable[int]) -> Iterator[tuple[int, int]]:
    for start in starts:
        yield start, _END.search(text, start).start()  # type: ignore[union-attr]


def _folded_runs(text: bytes) -> Iterator[tuple[int, int]]:
    folded = text.translate(_FOLD)
    at = folded.find(_NEEDLE)
    while at >= 0:
        end = folded.find(b" ", at + _LEAST_RUN)
        end = len(text) if end < 0 else end
        if _FIRST.issuperset(text[at : at + _LEAST_RUN : 4]):
            yield at, end
        at = folded.find(_NEEDLE, end)


def _rest(run: bytes) -> bytes:
    rest = run[len(run) & ~3 :]
    return b"" if len(rest) < 2 else rest + b"=" * (4 - len(rest))


def _is_text(run: bytes) -> bool:
    return _TEXT.fullmatch(base64.b64decode(run)) is not None


def _gzip(data: bytes) -> Iterator[Inner]:
    inflater = zlib.decompressobj(31)
    try:
        inner = inflater.decompress(data, _LARGEST_BYTES)
    except zlib.error:
        yield Inner("", b"", "the gzip stream is damaged")
        return
    if inflater.unconsumed_tail:
        yield Inner("", b"", f"it inflates to more than {_LARGEST_BYTES >> 20} MB")
    elif not inflater.eof:
        yield Inner("", b"", "the gzip stream is cut off")
    if inner[_TAR_AT : _TAR_AT + 5] == b"ustar":
        yield from _tar(inner)
    else:
        yield Inner("", inner)
    if inflater.unused_data.strip(b"\0"):
        yield Inner("", b"", "more follows the gzip stream")


def _zip(data: bytes) -> Iterator[Inner]:
    import zipfile

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        yield Inner("", b"", "the zip archive is damaged")
        return
    left = _LARGEST_BYTES
    for count, member in enumerate(archive.infolist()):
        if count >= _MOST_MEMBERS or left <= 0:
            yield Inner("", b"", f"the archive holds more than {_MOST_MEMBERS} files or {_LARGEST_BYTES >> 20} MB")
            return
        if member.is_dir():
            continue
        try:
            with archive.open(member) as file:
                inner = file.read(left + 1)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
            yield Inner(member.filename, b"", "it is encrypted, damaged, or packed in a way that is not read")
            continue
        left -= len(inner)
        yield Inner(member.filename, inner)


def _tar(data: bytes) -> Iterator[Inner]:
    import tarfile

    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for count, member in enumerate(archive):
                if count >= _MOST_MEMBERS:
                    yield Inner("", b"", f"the archive holds more than {_MOST_MEMBERS} files")
                    return
                file = archive.extractfile(member) if member.isreg() else None
                if file is not None:
                    yield Inner(member.name, file.read())
    except (tarfile.TarError, OSError, EOFError, ValueError):
        yield Inner("", b"", "the tar archive is damaged")
