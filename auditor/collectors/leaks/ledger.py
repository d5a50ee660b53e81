"""What earlier searches read, under which rules, and what they found: the next one reads only what is new.

One SQLite file a repository. What a pack or a set of loose objects held is written together with the note that it
was read, in one transaction: after a kill it is read again, never half believed. It holds no value and no key.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_VERSION = 4
_SCHEMA = """
CREATE TABLE rules (digest TEXT NOT NULL);
CREATE TABLE pack (name TEXT PRIMARY KEY, objects INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE loose (oid BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE holder (place TEXT, oid TEXT, kind TEXT, hint TEXT, hmac TEXT, inside TEXT, line INTEGER,
    PRIMARY KEY (oid, hmac, inside, place)) WITHOUT ROWID;
CREATE TABLE suppressed (kind TEXT, reason TEXT, count INTEGER NOT NULL, PRIMARY KEY (kind, reason)) WITHOUT ROWID;
CREATE TABLE unsearched (place TEXT, reason TEXT, PRIMARY KEY (place, reason)) WITHOUT ROWID;
CREATE TABLE event (commit_id TEXT, at INTEGER NOT NULL, path BLOB, old TEXT, new TEXT, reachable INTEGER NOT NULL,
    PRIMARY KEY (commit_id, path)) WITHOUT ROWID;
CREATE TABLE tip (path BLOB, oid TEXT, commit_id TEXT, PRIMARY KEY (path, oid, commit_id)) WITHOUT ROWID;
CREATE TABLE tip_commit (oid TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE peeled (oid TEXT PRIMARY KEY, commit_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE walked (oid TEXT PRIMARY KEY, reachable INTEGER NOT NULL) WITHOUT ROWID;
"""


class Holder(NamedTuple):
    """A git object that holds a secret.

    `place` is `blob`, `commit`, `tag`, or `name` (a file name in a tree, `inside` is then the name up to the value);
    else `inside` is the member of an archive. `line` is 0 where the text has none.
    """

    place: str
    oid: str
    kind: str
    hint: str
    hmac: str
    inside: str = ""
    line: int = 0


class Event(NamedTuple):
    """A commit that put `new` in the place of `old` at a path: object ids, several parted by blanks, empty: none."""

    commit: str
    at: int
    path: bytes
    old: str
    new: str
    reachable: bool = True

    def unreachable(self) -> "Event":
        """The same, of a commit that no ref leads to."""
        return self._replace(reachable=False)


@dataclass(kw_only=True)
class Findings:
    """What the search of a pack, or of loose objects, gave."""

    holders: list[Holder] = field(default_factory=list)
    suppressed: list[tuple[str, str, int]] = field(default_factory=list)
    unsearched: list[tuple[str, str]] = field(default_factory=list)
    read: int = 0
    searched_bytes: int = 0

    def to_json(self) -> str:
        """Everything, for another process."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> "Findings":
        """What `to_json` gave."""
        given = json.loads(text)
        given["holders"] = [Holder(*row) for row in given["holders"]]
        return cls(**given)

    def join(self, other: "Findings") -> None:
        """Takes in those of another part."""
        self.holders += other.holders
        self.suppressed += other.suppressed
        self.unsearched += other.unsearched
        self.read += other.read
        self.searched_bytes += other.searched_bytes


class Ledger:
    """The file at `path`, None: in memory; what was not searched under these `rules` (a digest) does not count."""

    def __init__(self, path: Path | None, rules: str) -> None:
        self._path = path
        self._file = _opened(path, rules)

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def packs(self) -> set[str]:
        """The packs that were read."""
        return {name for (name,) in self._file.execute("SELECT name FROM pack")}

    def loose(self) -> set[bytes]:
        """The loose objects that were read, raw ids."""
        return {oid for (oid,) in self._file.execute("SELECT oid FROM loose")}

    def take(self, findings: Findings, *, pack: tuple[str, int] | None = None, loose: Iterable[bytes] = ()) -> None:
        """Writes what a pack (its name and number of objects) or loose objects held, and that they were read."""
        with self._file as file:
            file.executemany("INSERT OR REPLACE INTO holder VALUES (?,?,?,?,?,?,?)", findings.holders)
            file.executemany(
                "INSERT INTO suppressed VALUES (?,?,?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                findings.suppressed,
            )
            file.executemany("INSERT OR REPLACE INTO unsearched VALUES (?,?)", findings.unsearched)
            if pack:
                file.execute("INSERT OR REPLACE INTO pack VALUES (?,?)", pack)
            file.executemany("INSERT OR REPLACE INTO loose VALUES (?)", ((oid,) for oid in loose))

    def objects(self) -> int:
        """How many objects were read in all."""
        (packed,) = self._file.execute("SELECT coalesce(sum(objects), 0) FROM pack").fetchone()
        (loose,) = self._file.execute("SELECT count(*) FROM loose").fetchone()
        return int(packed) + int(loose)

    def holders(self) -> list[Holder]:
        """All objects that hold a secret."""
        return list(map(Holder._make, self._file.execute("SELECT * FROM holder")))

    def suppressed(self) -> list[tuple[str, str, int]]:
        """What was taken for no secret: kind, reason, count."""
        return list(self._file.execute("SELECT * FROM suppressed ORDER BY kind, reason"))

    def unsearched(self) -> list[tuple[str, str]]:
        """What could not be searched: place and reason."""
        return list(self._file.execute("SELECT * FROM unsearched ORDER BY place, reason"))

    def events(self) -> list[Event]:
        """The commits that brought or took such an object."""
        return list(map(Event._make, self._file.execute("SELECT * FROM event")))

    def walked(self) -> dict[str, bool]:
        """The commits whose history was walked, and whether a ref led there."""
        return {oid: bool(reachable) for oid, reachable in self._file.execute("SELECT * FROM walked")}

    def take_walk(
        self, events: Iterable[Event], walked: Mapping[str, bool], gone: Iterable[str], *, anew: bool
    ) -> None:
        """Writes what a walk from new commits gave, and forgets those that nothing names any more.

        `anew`: nothing of the former walks counts any more.
        """
        with self._file as file:
            if anew:
                file.execute("DELETE FROM event")
            file.executemany("INSERT OR REPLACE INTO event VALUES (?,?,?,?,?,?)", events)
            file.executemany("INSERT OR REPLACE INTO walked VALUES (?,?)", walked.items())
            file.executemany("DELETE FROM walked WHERE oid = ?", ((oid,) for oid in gone))

    def peeled(self) -> dict[str, str]:
        """The commits that objects are, or lead to as tags, as far as it was asked."""
        return dict(self._file.execute("SELECT * FROM peeled"))

    def take_peeled(self, found: Mapping[str, str], gone: Iterable[str]) -> None:
        """Writes what objects lead to, and forgets those that nothing names any more."""
        with self._file as file:
            file.executemany("INSERT OR REPLACE INTO peeled VALUES (?,?)", found.items())
            file.executemany("DELETE FROM peeled WHERE oid = ?", ((oid,) for oid in gone))

    def tips(self) -> set[str]:
        """The commits at whose paths was looked."""
        return {oid for (oid,) in self._file.execute("SELECT oid FROM tip_commit")}

    def at_tips(self) -> dict[tuple[bytes, str], list[str]]:
        """By path and object the commits that have it there."""
        rows = self._file.execute("SELECT path, oid, group_concat(commit_id, ' ') FROM tip GROUP BY path, oid")
        return {(path, oid): commits.split(" ") for path, oid, commits in rows}

    def take_tips(self, found: Mapping[tuple[bytes, str], Iterable[str]], commits: set[str]) -> None:
        """Writes what lies at the paths of commits, of which `commits` are tips today; the others are forgotten."""
        gone = self.tips() - commits
        with self._file as file:
            rows = ((*place, commit) for place, having in found.items() for commit in having)
            file.executemany("INSERT OR REPLACE INTO tip VALUES (?,?,?)", rows)
            file.executemany("INSERT OR IGNORE INTO tip_commit VALUES (?)", ((oid,) for oid in commits))
            file.executemany("DELETE FROM tip_commit WHERE oid = ?", ((oid,) for oid in gone))
            if gone:
                file.execute("DELETE FROM tip WHERE commit_id NOT IN (SELECT oid FROM tip_commit)")


def _opened(path: Path | None, rules: str) -> sqlite3.Connection:
    """The file, empty where it was written under other rules, by another version, or is damaged."""
    try:
        if path is not None:
            return _opened_at(path, rules)
    except (OSError, sqlite3.Error):
        # a folder that can't be written costs the memory, never the search
        pass
    return _made(sqlite3.connect(":memory:"), rules)


def _opened_at(path: Path, rules: str) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        file = sqlite3.connect(path, timeout=30)
        try:
            if _serves(file, rules):
                return file
        except sqlite3.DatabaseError:
            pass
        file.close()
        for suffix in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.touch(mode=0o600)
    return _made(sqlite3.connect(path, timeout=30), rules)


def _serves(file: sqlite3.Connection, rules: str) -> bool:
    return bool(
        file.execute("PRAGMA user_version").fetchone() == (_VERSION,)
        and file.execute("SELECT digest FROM rules").fetchone() == (rules,)
        and file.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    )


def _made(file: sqlite3.Connection, rules: str) -> sqlite3.Connection:
    file.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
    with contextlib.closing(file.cursor()) as cursor:
        cursor.execute("INSERT INTO rules VALUES (?)", (rules,))
    file.commit()
    return file
