"""Where a repository can be copied from, and which of the refs it advertises are believed."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from auditor.errors import SourceError
from auditor.text import name_text, printable, short
from auditor.transports.mirror.fault import MirrorUnsupportedError
from auditor.transports.mirror.state import Ref

PREFIXES = (b"refs/heads/", b"refs/tags/", b"refs/pull/", b"refs/notes/")
_PULL = re.compile(rb"refs/pull/\d{1,18}/head")
_SHA = re.compile(rb"[0-9a-f]{40}")
_NAME_BYTES = 4096
_REFS = 500_000


class Source(Protocol):
    """A repository to copy from; nothing is ever written to it or run in it."""

    def refs(self) -> tuple[Ref, ...]:
        """The refs that are copied, as the source has them now, sorted by name."""

    def fetch(self, wants: Sequence[str], haves: Iterable[str], write: Callable[[bytes], int], *, thin: bool) -> None:
        """Writes one pack with what `wants` reach and `haves`, the likeliest first, don't."""

    def close(self) -> None:
        """Ends the connection."""


def believed_refs(advertised: Iterable[tuple[bytes, bytes]]) -> tuple[Ref, ...]:
    """The refs below `PREFIXES`, of pull requests the heads only; raises where a name or an id can't be git's."""
    refs = []
    for name, sha in advertised:
        if name.endswith(b"^{}") or not name.startswith(PREFIXES):
            continue
        if name.startswith(b"refs/pull/") and not _PULL.fullmatch(name):
            continue
        refs.append(_believed(name, sha))
        if len(refs) > _REFS:
            raise SourceError(f"the server advertises more than {_REFS} refs")
    return tuple(sorted(refs, key=lambda ref: ref.name))


def _believed(name: bytes, sha: bytes) -> Ref:
    from dulwich.refs import check_ref_format

    if len(name) > _NAME_BYTES or not check_ref_format(name):  # type: ignore[arg-type]  # their NewType
        raise SourceError(f"the server advertises a ref that git forbids: {printable(short(name_text(name), 200))!r}")
    if len(sha) == 64:
        raise MirrorUnsupportedError("the repository's objects are named by SHA-256, which can't be copied yet")
    if not _SHA.fullmatch(sha):
        raise SourceError(f"the server advertises {printable(name_text(sha[:60]))!r} where an object id belongs")
    return Ref(name=name_text(name), sha=sha.decode("ascii"))
