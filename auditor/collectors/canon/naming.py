"""The commits that the first round names, each with the roles in which it is named; nothing is looked up here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.config import Config
from auditor.gitfile.revision import starts_an_id
from auditor.model.facts.gitea import Pull
from auditor.model.facts.nas import NasSlot, Release
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.target import Target
from auditor.model.missing import MISSING
from auditor.text import parse_time

MOST_OPEN_PULLS, MOST_ENDED_PULLS = 100, 20
_ENDED_SPAN = timedelta(days=30)
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Named:
    """A commit, or the beginning of its id, and a role in which it is named."""

    commit: str
    role: str


def named_commits(seen: Snapshot, config: Config) -> Iterator[Named]:
    """The commits of all witnesses but the pull requests, in the order of their weight."""
    for release in releases(seen):
        commit = head_of(release)
        if commit is not None:
            if release.active:
                yield Named(commit, "deployed")
            yield Named(commit, f"release:{release.name}")
        if release.active and release.git is not MISSING and release.git is not None:
            fetched = release.git.remote_main
            if isinstance(fetched, str):
                yield Named(fetched, "fetched")
    if seen.target is not MISSING:
        yield from _target(seen.target)
    if config.rollback is not None:
        yield Named(config.rollback.to, "rollback")
    yield from _images(seen)
    local = seen.local
    if local is not MISSING and local.main is not MISSING and local.main.commit is not None:
        yield Named(local.main.commit, "local")


def _images(seen: Snapshot) -> Iterator[Named]:
    slots = () if seen.nas is MISSING or seen.nas.slots is MISSING else seen.nas.slots
    for slot in slots:
        for commit in dict.fromkeys(_image_commits(slot)):
            yield Named(commit, f"image:{slot.name}")


def _target(target: Target) -> Iterator[Named]:
    if target.commit is not MISSING:
        yield Named(target.commit, "target")
    elif target.asked is not None and starts_an_id(target.asked):
        yield Named(target.asked.lower(), "target")


def releases(seen: Snapshot) -> tuple[Release, ...]:
    """The releases that were seen, newest name first."""
    return () if seen.nas is MISSING or seen.nas.releases is MISSING else seen.nas.releases


def head_of(release: Release) -> str | None:
    """The commit of a release's HEAD; None without one."""
    git = release.git
    if git is MISSING or git is None or git.head is MISSING:
        return None
    return git.head.commit


def wanted_pulls(seen: Snapshot, now: datetime) -> tuple[list[Pull], int]:
    """The pull requests to be read, the open ones first, and how many open ones are too many."""
    pulls = () if seen.gitea is MISSING or seen.gitea.pulls is MISSING else seen.gitea.pulls
    opened = [pull for pull in pulls if pull.state == "open"]
    ended = [pull for pull in pulls if pull.state != "open" and now - _updated(pull) <= _ENDED_SPAN]
    ended.sort(key=_updated, reverse=True)
    return [*opened[:MOST_OPEN_PULLS], *ended[:MOST_ENDED_PULLS]], max(0, len(opened) - MOST_OPEN_PULLS)


def pull_head(seen: Snapshot, pull: Pull) -> str | None:
    """The head of a pull request as the objects have it, else as the server says; None where neither knows it."""
    heads = () if seen.gitea is MISSING or seen.gitea.pull_heads is MISSING else seen.gitea.pull_heads
    found = next((head.commit for head in heads if head.number == pull.number), None)
    return found or (pull.head_commit if isinstance(pull.head_commit, str) else None)


def _updated(pull: Pull) -> datetime:
    return parse_time(pull.updated_at)


def _image_commits(slot: NasSlot) -> Iterator[str]:
    """What label, stamp and build arguments claim; a claim that is no whole id names nothing."""
    container = slot.container
    if container is MISSING or container is None:
        return
    if container.stamp is not MISSING and container.stamp is not None and container.stamp.commit:
        yield from _ids(container.stamp.commit)
    image = container.image
    if image is MISSING:
        return
    yield from _ids(image.commit or "")
    for argument in () if image.arguments is MISSING else image.arguments:
        yield from _ids(argument.commit or "")


def _ids(text: str) -> Iterator[str]:
    if _ID.fullmatch(text):
        yield text
