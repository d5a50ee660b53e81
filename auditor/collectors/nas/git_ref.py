"""Refs of the NAS's own repository, loose, packed or in reftables, and the files that git keeps beside them."""

import re
from dataclasses import dataclass

from auditor.collectors.nas.git_config import scrubbed_text
from auditor.collectors.nas.git_tar import GitFolder
from auditor.collectors.nas.record import moment
from auditor.errors import SourceError
from auditor.model.facts.local import Head
from auditor.model.facts.nas_git import Fetch, FetchedRef, Ref, ReflogEntry
from auditor.text import name_text, printable, short

_HEX = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REFLOG = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) .*> (\d{1,18}) [+-]\d{4}(?:\t(.*))?", re.DOTALL)
_FETCHED = re.compile(rb"([0-9a-f]{40,64})\t(not-for-merge)?\t(.*)")
_HEADS = b"refs/heads/"
_DEPTH = 5
_DELETED, _DIRECT, _PEELED, _SYMBOLIC = 0, 1, 2, 3  # value types of a reftable's record


@dataclass(frozen=True)
class Refs:
    """Direct refs by full name, and the symbolic ones with what they name."""

    direct: dict[bytes, bytes]
    symbolic: dict[bytes, bytes]

    def resolve(self, name: bytes) -> str | None:
        """The commit that a ref leads to."""
        for _ in range(_DEPTH):
            if name in self.direct:
                return self.direct[name].decode()
            if name not in self.symbolic:
                return None
            name = self.symbolic[name]
        return None

    def facts(self) -> tuple[Ref, ...]:
        """All of them by name, HEAD apart."""
        names = sorted({*self.direct, *self.symbolic} - {b"HEAD"})
        return tuple(
            Ref(
                name=name_text(name),
                commit=self.direct[name].decode() if name in self.direct else None,
                target=None if name in self.direct else name_text(self.symbolic[name]),
            )
            for name in names
        )


def parse_refs(common: GitFolder) -> Refs:
    """The refs that lie in files: a loose one wins over a packed one; raises SourceError where one is damaged."""
    direct = _packed(common.content(b"packed-refs") or b"")
    symbolic: dict[bytes, bytes] = {}
    for name, file in common.below(b"refs/"):
        if name.endswith(b".lock"):
            continue
        kind, value = _value(file.content or b"", name)
        direct.pop(name, None)
        (symbolic if kind == "symbolic" else direct)[name] = value
    return Refs(direct, symbolic)


def parse_reftables(common: GitFolder) -> Refs:
    """The refs of a stack of reftables, HEAD among them; raises SourceError where one is damaged or unknown."""
    from io import BytesIO

    from dulwich.reftable import ReftableReader

    direct: dict[bytes, bytes] = {}
    symbolic: dict[bytes, bytes] = {}
    for table in (common.content(b"reftable/tables.list") or b"").split():
        data = common.content(b"reftable/" + table)
        if data is None:
            raise SourceError(f"the reftable {name_text(table)} is gone")
        try:
            found = ReftableReader(BytesIO(data)).refs
        except Exception as fault:  # whatever a parser of others makes of hostile bytes
            raise SourceError(f"the reftable {name_text(table)} is damaged or of an unknown kind") from fault
        for name, (kind, value) in found.items():
            direct.pop(name, None)
            symbolic.pop(name, None)
            if kind == _SYMBOLIC:
                symbolic[bytes(name)] = bytes(value)
            elif kind in (_DIRECT, _PEELED):
                direct[bytes(name)] = bytes(value)[:40]
    return Refs(direct, symbolic)


def parse_head(data: bytes | None, refs: Refs) -> Head:
    """What HEAD names; raises SourceError where there is none or it is damaged."""
    if data is None:
        raise SourceError("there is no HEAD")
    kind, value = _value(data, b"HEAD")
    if kind == "direct":
        return Head(kind="detached", branch=None, commit=value.decode())
    commit = refs.resolve(value)
    branch = name_text(value.removeprefix(_HEADS))
    return Head(kind="unborn" if commit is None else "branch", branch=branch, commit=commit)


def parse_fetch_head(data: bytes, modified: int) -> Fetch:
    """The lines of FETCH_HEAD; one of another form is passed over."""
    matches = (match for line in data.split(b"\n") if (match := _FETCHED.fullmatch(line)))
    return Fetch(
        fetched_at=moment(modified),
        refs=tuple(
            FetchedRef(commit=match[1].decode(), for_merge=match[2] is None, text=scrubbed_text(match[3]))
            for match in matches
        ),
    )


def parse_reflog_line(line: bytes) -> ReflogEntry | None:
    """The last line of HEAD's reflog; None without one. Raises SourceError for another form."""
    if not line.strip():
        return None
    match = _REFLOG.fullmatch(line.strip(b"\n"))
    if not match:
        raise SourceError(f"{short(printable(line[:80].decode('utf-8', 'replace')))!r} is no line of a reflog")
    before, after = (None if not part.strip(b"0") else part.decode() for part in (match[1], match[2]))
    return ReflogEntry(before=before, after=after, at=moment(int(match[3])), message=scrubbed_text(match[4] or b""))


def _packed(data: bytes) -> dict[bytes, bytes]:
    found = {}
    for line in data.split(b"\n"):
        if not line or line.startswith((b"#", b"^")):
            continue
        commit, blank, name = line.partition(b" ")
        if not blank or not _HEX.fullmatch(commit) or b".." in name:
            raise SourceError("packed-refs is damaged")
        found[name] = commit
    return found


def _value(text: bytes, name: bytes) -> tuple[str, bytes]:
    text = text.strip()
    if text.startswith(b"ref:"):
        target = text[4:].strip()
        if not target or b".." in target:
            raise SourceError(f"{name_text(name)} names no ref")
        return "symbolic", target
    if not _HEX.fullmatch(text):
        raise SourceError(f"{name_text(name)} holds no object id")
    return "direct", text
