"""What the mirror holds, in one checksummed file that is replaced whole; git's own refs are written from it.

`mirror.json` is the truth: a line with the SHA-256 of the rest, then JSON. `packed-refs` repeats tips and old tips
below refs/auditor/, so that git's own tools find every object in use; it is read only when `mirror.json` is broken.
"""

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from auditor.text import name_bytes, name_text
from auditor.transports.mirror.fault import MirrorDamagedError

STATE, GIT_REFS = "mirror.json", "packed-refs"
_NOW, _SEEN = "refs/auditor/now/", "refs/auditor/seen/"
_SEEN_LINE = re.compile(rb"([0-9a-f]{40}) refs/auditor/seen/(\d{8}T\d{6}Z)/[0-9a-f]{40}/(.+)")


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A ref as the server advertised it: its full name (`refs/heads/main`) and the object, which may be a tag."""

    name: str
    sha: str


@dataclass(frozen=True, kw_only=True)
class OldTip:
    """What a ref once was, and its present history may not hold; `held` is false where its objects were lost."""

    name: str
    sha: str
    replaced_at: str
    held: bool = True


@dataclass(frozen=True, kw_only=True)
class PackFile:
    """A pack and its index by name without suffix, sizes in bytes, and when both were last checked to the last byte."""

    name: str
    pack_bytes: int
    index_bytes: int
    checked_at: str


@dataclass(frozen=True, kw_only=True)
class MirrorState:
    """`tips` are held completely; `missing` was advertised and is not here yet; `pieces`: the whole was too much."""

    source: str
    fetched_at: str
    tips: tuple[Ref, ...] = ()
    missing: tuple[Ref, ...] = ()
    seen: tuple[OldTip, ...] = ()
    packs: tuple[PackFile, ...] = ()
    pieces: bool = False


def load_state(folder: Path) -> MirrorState | None:
    """The state of the mirror in `folder`, None if there is none; MirrorDamagedError where it can't be believed."""
    try:
        checksum, _, text = (folder / STATE).read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    if hashlib.sha256(text).hexdigest().encode() != checksum:
        raise MirrorDamagedError(f"the mirror's state file {str(folder / STATE)!r} is damaged: run the audit again")
    raw = json.loads(text)
    try:
        return MirrorState(
            source=raw["source"],
            fetched_at=raw["fetched_at"],
            tips=tuple(Ref(name=name, sha=sha) for name, sha in raw["tips"]),
            missing=tuple(Ref(name=name, sha=sha) for name, sha in raw["missing"]),
            seen=tuple(OldTip(**each) for each in raw["seen"]),
            packs=tuple(PackFile(**each) for each in raw["packs"]),
            pieces=raw["pieces"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MirrorDamagedError("the mirror's state file is another version's: run the audit again") from error


def save_state(folder: Path, state: MirrorState) -> None:
    """Replaces the state of the mirror in `folder`; after a crash it is wholly the old or wholly the new one."""
    text = json.dumps(
        {
            "source": state.source,
            "fetched_at": state.fetched_at,
            "tips": [(ref.name, ref.sha) for ref in state.tips],
            "missing": [(ref.name, ref.sha) for ref in state.missing],
            "seen": [asdict(each) for each in state.seen],
            "packs": [asdict(each) for each in state.packs],
            "pieces": state.pieces,
        },
        indent=0,
    ).encode()
    write_whole(folder / GIT_REFS, b"# pack-refs with: \n" + b"".join(_git_refs(state)))
    write_whole(folder / STATE, hashlib.sha256(text).hexdigest().encode() + b"\n" + text)


def remembered_tips(folder: Path) -> tuple[OldTip, ...]:
    """The old tips that git's refs still name, for a mirror whose state file is broken."""
    try:
        lines = (folder / GIT_REFS).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    return tuple(
        OldTip(name=name_text(b"refs/" + match[3]), sha=match[1].decode(), replaced_at=_rfc3339(match[2].decode()))
        for match in map(_SEEN_LINE.fullmatch, lines)
        if match
    )


def write_whole(path: Path, content: bytes) -> None:
    """Replaces the file at `path` so that a crash leaves the old or the new content, never a part."""
    passing = path.with_name(f"{path.name}.new")
    with passing.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)


def _git_refs(state: MirrorState) -> list[bytes]:
    """The lines of `packed-refs`, sorted by name as git demands."""
    refs = [(_NOW + ref.name.removeprefix("refs/"), ref.sha) for ref in state.tips]
    for old in state.seen:
        if old.held:
            stamp = re.sub("[-:]", "", old.replaced_at)
            refs.append((f"{_SEEN}{stamp}/{old.sha}/{old.name.removeprefix('refs/')}", old.sha))
    return [sha.encode() + b" " + name + b"\n" for name, sha in sorted((name_bytes(name), sha) for name, sha in refs)]


def _rfc3339(stamp: str) -> str:
    return re.sub(r"(....)(..)(..)T(..)(..)(..)Z", r"\1-\2-\3T\4:\5:\6Z", stamp)
