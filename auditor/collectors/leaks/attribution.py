"""Joins objects that hold a secret with the commits that brought and took them: the places as they are reported."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter

from auditor.collectors.leaks.ledger import Event, Holder
from auditor.collectors.leaks.naming import is_env, is_noteworthy
from auditor.collectors.leaks.tip import File
from auditor.detector.catalogue import KINDS
from auditor.detector.fixture import is_invented
from auditor.model.facts.leaks import Leak, LeakPlace, NamedFile, Origin, Where
from auditor.text import name_text

_ORDER = {kind.id: place for place, kind in reversed(list(enumerate(KINDS)))}
_WHERE: dict[str, Where] = {"blob": "file", "name": "file-name", "commit": "commit", "tag": "tag"}


@dataclass(frozen=True, kw_only=True)
class History:
    """What git said: `events` None where it could not be asked; `tips` are the commits of tips that have a file today.

    `refs` are the names of a tip's commit, `reached` the objects that refs name themselves.
    """

    events: Sequence[Event] | None
    tips: Mapping[File, Sequence[str]]
    refs: Mapping[str, Sequence[str]]
    reached: frozenset[str]
    # many secrets stand in the same files
    _names: dict[frozenset[File], tuple[str, ...]] = field(default_factory=dict, repr=False)

    def names(self, files: Iterable[File]) -> tuple[str, ...]:
        """The names of the tips that have one of the files, sorted."""
        there = frozenset(file for file in files if file in self.tips)
        if there not in self._names:
            commits = {commit for file in there for commit in self.tips[file]}
            self._names[there] = tuple(name for name, commit in self._in_order if commit in commits)
        return self._names[there]

    @cached_property
    def _in_order(self) -> list[tuple[str, str]]:
        return sorted((name, commit) for commit, names in self.refs.items() for name in names)


def leaks(holders: Iterable[Holder], history: History, origin: Origin) -> tuple[Leak, ...]:
    """One leak for each secret, with its places."""
    by_secret: dict[tuple[str, str], list[Holder]] = defaultdict(list)
    for holder in holders:
        by_secret[holder.hmac, holder.kind].append(holder)
    by_object = _by_object(history.events or (), {holder.oid for held in by_secret.values() for holder in held})
    found = []
    for (hmac, kind), held in sorted(by_secret.items()):
        places = _places(held, by_object, history, origin)
        found.append(Leak(kind=kind, hint=held[0].hint, hmac=hmac, places=tuple(sorted(places, key=_order))))
    return tuple(found)


_moment = attrgetter("at", "commit")


def _order(place: LeakPlace) -> tuple[bool, str, str, int]:
    return (not place.tips, place.path or "", place.object or "", place.line or 0)


def _by_object(events: Iterable[Event], wanted: set[str]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        for oid in wanted.intersection((event.new, *event.old.split())):
            found[oid].append(event)
    return found


def _places(
    held: Sequence[Holder],
    by_object: Mapping[str, Sequence[Event]],
    history: History,
    origin: Origin,
) -> list[LeakPlace]:
    oids = {one.oid for one in held}
    by_path: dict[tuple[bytes, str], list[tuple[Holder, Event]]] = defaultdict(list)
    found = []
    for one in held:
        events = by_object.get(one.oid, ()) if one.place == "blob" else ()
        for event in events:
            by_path[event.path, one.inside].append((one, event))
        if not events:
            found.append(_alone(one, by_object, history, origin))
    for (path, inside), pairs in by_path.items():
        found.append(_at_path(path, inside, pairs, oids, history, origin))
    return found


def _alone(one: Holder, by_object: Mapping[str, Sequence[Event]], history: History, origin: Origin) -> LeakPlace:
    """A message, a name, or an object that no commit leads to."""
    events = by_object.get(one.oid, ())
    known = history.events is not None
    reachable = not known or one.oid in history.reached or any(event.reachable for event in events)
    return LeakPlace(
        origin=origin,
        where=_WHERE[one.place],
        object=one.oid,
        path=one.inside or None,
        line=one.line or None,
        first_commit=one.oid if one.place == "commit" else None,
        # which commits have a tree is not asked
        reachable=reachable or one.place == "name",
    )


def _at_path(
    path: bytes,
    inside: str,
    pairs: Sequence[tuple[Holder, Event]],
    oids: set[str],
    history: History,
    origin: Origin,
) -> LeakPlace:
    """A file's place, from every version of it that holds the secret."""
    events = sorted({event.commit: event for _, event in pairs}.values(), key=_moment)
    brought = [event for event in events if event.new in oids]
    taken = [event for event in events if event.new not in oids]
    names = history.names((path, holder.oid) for holder, _ in pairs)
    latest = max(pairs, key=lambda pair: ((path, pair[0].oid) in history.tips, pair[1].at, pair[0].oid))[0]
    return LeakPlace(
        origin=origin,
        where="file",
        object=latest.oid,
        path=name_text(path) + (f"!{inside}" if inside else ""),
        line=latest.line or None,
        first_commit=brought[0].commit if brought else None,
        last_commit=taken[-1].commit if taken and not names else None,
        tips=names,
        reachable=bool(names) or any(event.reachable for event in events),
    )


def named_files(history: History, origin: Origin) -> tuple[NamedFile, ...]:
    """Every noteworthy path at which a commit holds a file."""
    by_path: dict[bytes, list[Event]] = defaultdict(list)
    for event in history.events or ():
        by_path[event.path].append(event)
    noteworthy = {path for path in by_path if is_noteworthy(path)}
    files = defaultdict[bytes, list[File]](list)
    for path, oid in history.tips:
        if path in noteworthy:
            files[path].append((path, oid))
    return tuple(_named_file(path, by_path[path], history.names(files[path]), origin) for path in sorted(noteworthy))


def merged(found: Iterable[Leak]) -> tuple[Leak, ...]:
    """Each secret once, with all its places; what says most of it is its kind."""
    by_hmac: dict[str, list[Leak]] = defaultdict(list)
    for leak in found:
        by_hmac[leak.hmac].append(leak)
    return tuple(
        replace(min(held, key=_rank), places=tuple(place for leak in held for place in leak.places))
        for _, held in sorted(by_hmac.items())
    )


def _rank(leak: Leak) -> tuple[bool, int]:
    """A form that only such a secret has comes first, in the order of the catalogue."""
    return is_invented(leak.kind, leak.hint), _ORDER.get(leak.kind, len(KINDS))


def _named_file(path: bytes, events: Sequence[Event], tips: tuple[str, ...], origin: Origin) -> NamedFile:
    ordered = sorted(events, key=_moment)
    gone = [event.commit for event in ordered if not event.new]
    return NamedFile(
        origin=origin,
        is_env=is_env(path),
        path=name_text(path),
        first_commit=ordered[0].commit,
        last_commit=gone[-1] if gone and not tips else None,
        tips=tips,
        reachable=bool(tips) or any(event.reachable for event in events),
    )
