"""Env files as the probe tells of them: keys, and values of `PUBLIC_*` keys alone; other values never came."""

import re
import stat
from dataclasses import dataclass

from auditor.collectors.nas.gap import GapList
from auditor.collectors.nas.record import groups, parse_stat
from auditor.detector.key_name import looks_secret
from auditor.detector.public_value import PUBLIC_PREFIX, public_value
from auditor.errors import SourceError
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.nas import NasEnvFile
from auditor.model.missing import MISSING
from auditor.text import name_text, printable, short

MOST_ENV_FILES = 1000  # as in the probe
_EXAMPLES = (b".example", b".sample", b".template", b".dist")
_READ = b"read\n"
_ESCAPE = re.compile(rb"\\0([0-7]{1,3})")
_HMAC = re.compile(rb"#([0-9a-f]{64})")


@dataclass(frozen=True)
class OwnValue:
    """The HMAC-SHA256, hex, of a value under the visit's key; it is used in memory and never stored.

    `hmac` is None where the probe made none: too short a value, or a file that is not searched for.
    `stamp` tells the file's mode, size and mtime.
    """

    path: str
    key: str
    hmac: str | None
    stamp: str


@dataclass(frozen=True)
class _Line:
    name: str
    has_value: bool
    shown: bytes


def parse_env_files(body: bytes, gaps: GapList) -> tuple[NasEnvFile, ...]:
    """The env files by path, examples apart; raises SourceError for another form."""
    found = groups(body, 4)
    if len(found) >= MOST_ENV_FILES:
        gaps.add("env_files", f"more than {MOST_ENV_FILES} env files: the rest was not read")
    chosen = sorted(one for one in found if not one[0].lower().endswith(_EXAMPLES))
    return tuple(_file(one, index, gaps) for index, one in enumerate(chosen))


def parse_own_values(body: bytes) -> tuple[OwnValue, ...]:
    """The values of all env files but public ones, by key; raises SourceError for another form."""
    found = []
    for name, raw, _listing, content in groups(body, 4):
        for line in _lines(content):
            match = _HMAC.fullmatch(line.shown)
            if line.has_value and not line.name.startswith(PUBLIC_PREFIX):
                mark = match[1].decode() if match else None
                found.append(OwnValue(_path(name), line.name, mark, raw.decode("ascii", "replace")))
    return tuple(dict.fromkeys(found))


def _file(one: tuple[bytes, ...], index: int, gaps: GapList) -> NasEnvFile:
    name, raw, listing, content = one
    pointer, path = f"env_files/{index}", _path(name)
    if not raw:
        gaps.add(f"{pointer}/keys", f"{printable(path)}: a name with the end of a line in it was not read")
        return NasEnvFile(path=path, release=release_of(path), kind="other", modified_at="1970-01-01T00:00:00Z")
    found = parse_stat(raw)
    link, regular = stat.S_ISLNK(found.mode), stat.S_ISREG(found.mode)
    ruled = listing[10:11] == b"+" or link
    if ruled:
        why = "a link's own mode says nothing" if link else "an ACL decides who may read it"
        for field in ("mode", "readable_by_group", "readable_by_others"):
            gaps.add(f"{pointer}/{field}", f"{printable(path)}: {why}")
    if not content.startswith(_READ):
        why = "a link is not followed" if link else "it could not be read"
        gaps.add(f"{pointer}/keys", f"{printable(path)}: {why}")
    return NasEnvFile(
        path=path,
        release=release_of(path),
        kind="symlink" if link else "file" if regular else "other",
        mode=MISSING if ruled else found.permissions,
        readable_by_group=MISSING if ruled else bool(found.mode & stat.S_IRGRP),
        readable_by_others=MISSING if ruled else bool(found.mode & stat.S_IROTH),
        modified_at=found.modified_at,
        keys=tuple(_key(line) for line in _lines(content)) if content.startswith(_READ) else MISSING,
    )


def release_of(path: str) -> str | None:
    """The release in which a path relative to the root lies."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "releases" else None


def _path(name: bytes) -> str:
    return name_text(name.removeprefix(b"./"))


def _lines(content: bytes) -> list[_Line]:
    found = []
    for line in content.removeprefix(_READ).split(b"\n"):
        if not line:
            continue
        name, _, rest = line.partition(b"\t")
        full, tab, shown = rest.partition(b"\t")
        if not tab or full not in (b"0", b"1"):
            raise SourceError("a line of an env file's keys is cut short")
        found.append(_Line(name.decode("ascii", "replace"), full == b"1", shown))
    return found


def _key(line: _Line) -> EnvKey:
    secret = looks_secret(line.name)
    value = None
    if line.shown.startswith(b"="):
        raw = _ESCAPE.sub(lambda match: bytes([int(match[1], 8) & 255]), line.shown[1:])
        value = public_value(line.name, raw.decode("utf-8", "replace"))
    return EnvKey(name=short(line.name, 200), has_value=line.has_value, looks_secret=secret, value=value)
