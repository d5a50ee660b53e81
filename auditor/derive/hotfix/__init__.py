"""The changes that live on the NAS alone, and the open pull request that carries each, by its very bytes.

Only an open pull request into the configured branch, whose head lies in the canonical repository, carries a change:
whoever altered the NAS could open one from a fork.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from auditor.config import Config
from auditor.derive import drift as drift_of
from auditor.derive.drift import Drift
from auditor.derive.drift.comparison import DriftPath
from auditor.derive.drift.shell import reading_command
from auditor.derive.hotfix.candidate import Candidate, candidates
from auditor.frozen import frozen
from auditor.model.facts.earlier import SeenChange
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.once import once
from auditor.text import parse_time

_NO_MEMORY = Gap(
    pointer="/hotfix/changes",
    reason="earlier runs are not known, so nobody can tell when a change began",
    remedy="auditor audit keeps a history; --no-store and a state folder that can't be written leave none",
)
_LISTS = ("changed", "extra", "changes")


@frozen
class Change:
    """A path of the active release whose bytes are not the commit's.

    `tracked` is whether the commit has the path. `carried_by` are the open pull requests that have exactly these bytes
    there. `since` is when the change began, `carried_since` when it was first seen carried: MISSING where earlier runs
    are not known. `counts` is whether it can be code (no ignored file, no noise). `remark` says what was found besides:
    a fork's pull request, a closed or merged one. `reading` is the command that prints what lies there.
    """

    path: str
    kind: str
    tracked: bool
    counts: bool
    sha256: str | None
    canonical: str | None
    twin: str | None
    ignored: bool
    in_context: bool
    noise: bool
    verbatim: bool
    since: str | Missing = MISSING
    carried: bool | Missing = MISSING
    carried_by: tuple[int, ...] | Missing = MISSING
    carried_since: str | Missing | None = MISSING
    remark: str = ""
    reading: str = ""


@frozen
class Carrier:
    """A pull request that has bytes of the NAS: `carries` counts those that it brings, `lacks` names tracked changes
    of the NAS that it doesn't, and `differs` those of its own paths that lie on the NAS otherwise.
    """

    number: int
    state: Literal["open", "merged", "closed"]
    counts: bool
    why_not: str | None
    carries: int
    changes: int
    lacks: tuple[str, ...]
    differs: tuple[str, ...]
    url: str | Missing = MISSING


@frozen
class Hotfix:
    """The changes of the active release (`changed`: paths of the commit, `extra`: others, `changes`: both), and the
    pull requests that have any of them.
    """

    changed: tuple[Change, ...] | Missing = MISSING
    extra: tuple[Change, ...] | Missing = MISSING
    changes: tuple[Change, ...] | Missing = MISSING
    carriers: tuple[Carrier, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


@once
def derive(snapshot: Snapshot, config: Config) -> Hotfix:
    """The changes of the active release and their carriers."""
    return hotfix_of(snapshot, config, drift_of.derive(snapshot, config))


def hotfix_of(snapshot: Snapshot, config: Config, drift: Drift) -> Hotfix:
    """The same from a drift that is known already."""
    gaps = _inherited(drift)
    if drift.changed is MISSING or drift.extra is MISSING:
        return Hotfix(gaps=gaps)
    pulls = candidates(snapshot, config)
    known = () if isinstance(pulls, Gap) else pulls
    changes = _Changes(snapshot, config, known, isinstance(pulls, Gap), "" if drift.path is MISSING else drift.path)
    changed, extra = tuple(map(changes.of, drift.changed)), tuple(map(changes.of, drift.extra))
    both = (*changed, *extra)
    if isinstance(pulls, Gap):
        # an unchanged release needs no pull request to be judged
        asked = any(one.counts for one in both)
        gaps = (*gaps, *(replace(pulls, pointer=f"/hotfix/{name}") for name in _LISTS if asked))
    unread = tuple(_unread(known)) if any(one.carried is MISSING for one in both) else ()
    forgotten = (_NO_MEMORY,) if any(one.since is MISSING and one.counts for one in both) else ()
    return Hotfix(
        changed=changed,
        extra=extra,
        changes=both,
        carriers=tuple(_carriers((*drift.changed, *drift.extra), known)),
        gaps=(*gaps, *unread, *(replace(gap, pointer=f"/hotfix/{name}") for gap in forgotten for name in _LISTS)),
    )


def _inherited(drift: Drift) -> tuple[Gap, ...]:
    places = {
        "/drift": ("/hotfix",),
        "/drift/changed": ("/hotfix/changed", "/hotfix/changes"),
        "/drift/extra": ("/hotfix/extra", "/hotfix/changes"),
    }
    found = (replace(gap, pointer=place) for gap in drift.gaps for place in places.get(gap.pointer, ()))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class _Changes:
    """Makes changes of drift; `blind` is whether no pull request could be looked at, `folder` the release's code."""

    snapshot: Snapshot
    config: Config
    pulls: tuple[Candidate, ...]
    blind: bool
    folder: str

    def of(self, path: DriftPath) -> Change:
        said = [(one.pull.number, one.has(path)) for one in self.pulls if one.counts]
        carried_by = tuple(number for number, has in said if has)
        doubted = self.blind or any(has is None for _, has in said)
        carried: bool | Missing = True if carried_by else MISSING if doubted else False
        seen = self._seen(path.path)
        return Change(
            path=path.path,
            kind=path.kind,
            tracked=path.kind != "extra",
            counts=path.counts,
            sha256=path.sha256,
            canonical=path.canonical,
            twin=path.twin,
            ignored=path.ignored,
            in_context=path.in_context,
            noise=path.noise,
            verbatim=path.verbatim,
            since=self._since(path, seen, carried),
            carried=carried,
            carried_by=MISSING if self.blind else carried_by,
            carried_since=MISSING if carried is MISSING else self._carried_since(seen) if carried else None,
            remark="; ".join(_remarks(path, self.pulls)),
            reading=reading_command(self.config.nas, self.folder, path.path) if path.counts else "",
        )

    def _seen(self, path: str) -> SeenChange | None:
        known = () if self.snapshot.earlier is MISSING else self.snapshot.earlier.changes
        return next((one for one in known if one.path == path), None)

    def _since(self, path: DriftPath, seen: SeenChange | None, carried: bool | Missing) -> str | Missing:
        """The earlier of the first sighting and the mtime then; anew once the path was right or carried between."""
        earlier, now = self.snapshot.earlier, self.snapshot.finished_at
        if seen is not None and (seen.carried_since is None or carried is not False):
            return seen.since
        first = now if path.modified_at is None else min(path.modified_at, now, key=parse_time)
        if earlier is not MISSING:
            # what the last run saw carried can't have begun before it
            return max(first, earlier.run.finished_at, key=parse_time) if seen and earlier.run else first
        # an earlier sighting could only make it older
        return (
            first
            if (parse_time(now) - parse_time(first)).total_seconds() >= self.config.limits.hotfix_grace
            else MISSING
        )

    def _carried_since(self, seen: SeenChange | None) -> str | Missing:
        if self.snapshot.earlier is MISSING:
            return MISSING
        return seen.carried_since if seen is not None and seen.carried_since is not None else self.snapshot.finished_at


def _remarks(path: DriftPath, pulls: tuple[Candidate, ...]) -> Iterator[str]:
    for one in pulls:
        if one.why_not and one.has(path):
            yield f"pull request #{one.pull.number} has these bytes and covers nothing: {one.why_not}"
    if path.kind == "eol-only":
        yield "only the line ends differ"


def _carriers(paths: tuple[DriftPath, ...], pulls: tuple[Candidate, ...]) -> Iterator[Carrier]:
    for one in pulls:
        carried = {path.path for path in paths if one.has(path)}
        own = one.changes()
        if carried:
            closed: Literal["merged", "closed"] = "merged" if one.pull.merged else "closed"
            yield Carrier(
                number=one.pull.number,
                state="open" if one.pull.state == "open" else closed,
                counts=one.counts,
                why_not=one.why_not,
                carries=len(carried),
                changes=len(own),
                lacks=tuple(path.path for path in paths if path.counts and path.path not in carried),
                differs=tuple(sorted(own - carried)),
                url=one.pull.url,
            )


def _unread(pulls: tuple[Candidate, ...]) -> Iterator[Gap]:
    for one in pulls:
        if one.counts and one.head is None:
            for name in _LISTS:
                yield Gap(
                    pointer=f"/hotfix/{name}", reason=f"the head of pull request #{one.pull.number} is not at hand"
                )
