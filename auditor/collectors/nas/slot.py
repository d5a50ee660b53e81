"""What the slots answered, from the raw bytes that curl or wget printed; reading scripts and pages is others' work."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from auditor.collectors.nas.git_tar import decoded
from auditor.collectors.nas.record import fields
from auditor.config import SmokeCheck
from auditor.errors import SourceError
from auditor.model.facts.nas import Answer, SmokeResult
from auditor.model.missing import MISSING
from auditor.text import printable, short

NOT_FOUND_PATH = "/__auditor-not-found"
LARGEST_ANSWER = 4_194_304  # as in the probe
_HIDDEN = 3  # the depth that the probe gives to what no site should answer
_STATUS = re.compile(rb"HTTP/[0-9.]{1,5} ([0-9]{3})(?: .*)?")
_REFUSED = re.compile(rb"(?m)^wget: server returned error: HTTP/[0-9.]{1,5} ([0-9]{3})")
_HEADER_LIMIT = 1024
_HEADER_BYTES = 65_536


@dataclass(frozen=True)
class SlotAnswer:
    """One answer with its bytes, which stay in memory; `body` is None where the tool gives none (a 404 to busybox)."""

    fact: Answer
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = field(repr=False)


@dataclass(frozen=True)
class SlotPages:
    """All answers of a slot in the order of asking, by which tool, and whether a cap left some unasked.

    `hidden` are those to paths that no site should answer, without what their bodies say.
    """

    answers: tuple[SlotAnswer, ...]
    fetcher: Literal["curl", "wget", "busybox"]
    capped: bool
    hidden: tuple[SlotAnswer, ...] = ()

    @property
    def answering(self) -> bool:
        """Whether the slot's port answers at all."""
        return any(one.fact.status is not None for one in self.answers)


@dataclass(frozen=True)
class _Raw:
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


def parse_pages(body: bytes) -> SlotPages:
    """The answers of the section `pages.N`; raises SourceError where it is cut short."""
    parts = fields(body)
    if len(parts) % 3 or parts[-3:-2] != [b"end"]:
        raise SourceError("the slot's answers are cut short")
    fetcher, capped = parts[-2], parts[-1] == b"yes"
    if fetcher not in _READERS:
        raise SourceError("the slot was asked with a program that is not known")
    read = _READERS[fetcher]
    answers = [
        _answer(path, depth, decoded(raw), read) for path, depth, raw in zip(*[iter(parts[:-3])] * 3, strict=True)
    ]
    shown = tuple(one for one in answers if one.fact.depth != _HIDDEN)
    hidden = tuple(one for one in answers if one.fact.depth == _HIDDEN)
    return SlotPages(shown, _FETCHERS[fetcher], capped, hidden)


def smoke_results(pages: SlotPages, checks: tuple[SmokeCheck, ...]) -> tuple[SmokeResult, ...]:
    """The configured checks, each judged by the answer to its path; unasked or unreadable is MISSING."""
    known = {one.fact.path: one for one in pages.answers}
    return tuple(_smoke(check, known.get(printable(check.path))) for check in checks)


def _smoke(check: SmokeCheck, answer: SlotAnswer | None) -> SmokeResult:
    status = None if answer is None else answer.fact.status
    contained: object = None
    if check.contains is not None:
        known = answer is not None and answer.body is not None
        contained = check.contains.encode() in (answer.body or b"") if known and answer else MISSING
        if contained is False and answer and not answer.fact.complete:
            contained = MISSING
    right = status == check.status
    passed = MISSING if answer is None or (right and contained is MISSING) else right and contained in (None, True)
    return SmokeResult(
        path=check.path,
        expected_status=check.status,
        status=status,
        contains=check.contains,
        contained=MISSING if contained is MISSING else None if contained is None else bool(contained),
        passed=passed,
    )


def _answer(path: bytes, depth: bytes, raw: bytes, read: Callable[[bytes], _Raw]) -> SlotAnswer:
    if depth not in (b"0", b"1", b"2", b"%d" % _HIDDEN):
        raise SourceError("an answer has no depth")
    found = read(raw)
    first = dict(reversed(found.headers))
    fact = Answer(
        path=short(printable(path.decode("utf-8", "replace")), _HEADER_LIMIT),
        depth=int(depth),
        status=found.status,
        content_type=first.get("content-type"),
        location=first.get("location"),
        etag=first.get("etag"),
        last_modified=first.get("last-modified"),
        size=None if found.body is None else len(found.body),
        sha256=None if found.body is None else hashlib.sha256(found.body).hexdigest(),
        complete=len(raw) < LARGEST_ANSWER and found.body is not None,
    )
    return SlotAnswer(fact, found.headers, found.body)


def _plain(raw: bytes) -> _Raw:
    """Status, headers, an empty line, the body (`curl -i`, `wget --save-headers`); interim answers are passed over."""
    while True:
        # wget writes a bare LF where the server wrote CRLF
        match = re.search(rb"\r?\n\r?\n", raw[:_HEADER_BYTES])
        if match is None:
            return _Raw(None, (), None)
        lines = re.split(rb"\r?\n", raw[: match.start()])
        status = _STATUS.fullmatch(lines[0])
        if status is None:
            return _Raw(None, (), None)
        raw = raw[match.end() :]
        if not status[1].startswith(b"1"):
            return _Raw(int(status[1]), _headers(lines[1:]), raw)


def _busybox(raw: bytes) -> _Raw:
    """Headers indented by two blanks, an indented empty line or none, then the body, which comes for a 2xx alone."""
    lines: list[bytes] = []
    at = 0
    while raw.startswith(b"  ", at) and at < _HEADER_BYTES:
        end = raw.find(b"\n", at)
        end = len(raw) if end < 0 else end
        lines.append(raw[at + 2 : end].rstrip(b"\r"))
        at = end + 1
        if lines[-1] == b"":
            break
    refused = _REFUSED.search(raw[at : at + 400])
    status = _STATUS.fullmatch(lines[0]) if lines else None
    if refused is not None:
        return _Raw(int(refused[1]), _headers(lines[1:]), None)
    if status is None:
        return _Raw(None, (), None)
    return _Raw(int(status[1]), _headers(lines[1:]), raw[at:] if status[1].startswith(b"2") else None)


def _headers(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    pairs = (line.partition(b":") for line in lines if b":" in line)
    return tuple((_text(name).lower(), _text(value)) for name, _, value in pairs)


def _text(raw: bytes) -> str:
    return short(printable(raw.strip().decode("utf-8", "replace")), _HEADER_LIMIT)


_READERS: dict[bytes, Callable[[bytes], _Raw]] = {b"curl": _plain, b"wget": _plain, b"busybox": _busybox}
_FETCHERS: dict[bytes, Literal["curl", "wget", "busybox"]] = {b"curl": "curl", b"wget": "wget", b"busybox": "busybox"}
