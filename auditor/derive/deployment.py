"""What a deployment would do to production: which changes live on the NAS alone, and which of them it would lose."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.config import Config
from auditor.derive import drift as drift_of
from auditor.derive import production as production_of
from auditor.derive.drift import Drift
from auditor.derive.drift.canonical import commit_of, files_of
from auditor.derive.drift.comparison import DriftPath
from auditor.derive.drift.shell import reading_command
from auditor.derive.hotfix import Hotfix, hotfix_of
from auditor.derive.hotfix.candidate import same_bytes
from auditor.frozen import frozen
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.target import Target
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

_SHOWN = 3


@frozen
class LiveChange:
    """A path of the active release that is not its commit's; `kept` is whether the commit to deploy has its bytes.

    `carriers` says, as the end of a sentence, which open pull request has them. `reading` prints what lies there.
    """

    path: str
    kind: str
    sha256: str | None
    kept: bool | Missing = MISSING
    carriers: str = ""
    reading: str = ""


@frozen
class Deployment:
    """The deployment that the gate is asked about; `asked` is False in every other run, and nothing more is said then.

    `agrees` is whether production would be main's tip after it. `text` says all of it in a sentence.
    """

    asked: bool = False
    commit: str | Missing = MISSING
    slot: str | Missing | None = MISSING
    agrees: bool | Missing = MISSING
    changes: tuple[LiveChange, ...] | Missing = MISSING
    text: str = ""
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Deployment:
    """What deploying the gate's commit on its slot would change."""
    target = snapshot.target
    if target is MISSING or target.stage != "deploy":
        return Deployment()
    plain = Deployment(asked=True, commit=target.commit, slot=target.slot, gaps=tuple(_target_gaps(target)))
    if snapshot.nas is MISSING or config.nas is None:
        return plain
    production = production_of.derive(snapshot, config)
    drift = drift_of.derive(snapshot, config)
    changes = _changes(snapshot, config, drift, target)
    made = replace(
        plain,
        agrees=_agrees(production.is_main, production.excused),
        changes=changes,
        gaps=(*plain.gaps, *_gaps(drift, changes, target)),
    )
    return replace(made, text=_text(made, config.gitea.branch if config.gitea else "main"))


def _agrees(is_main: bool | Missing, excused: bool | Missing) -> bool | Missing:
    if is_main is True or excused is True:
        return True
    return MISSING if MISSING in (is_main, excused) else False


def _changes(snapshot: Snapshot, config: Config, drift: Drift, target: Target) -> tuple[LiveChange, ...] | Missing:
    """What counts as code alone: what git ignores no deployment has ever brought."""
    if drift.changed is MISSING or drift.extra is MISSING:
        return MISSING
    paths = [one for one in (*drift.changed, *drift.extra) if one.counts]
    commit = None if target.commit is MISSING else commit_of(snapshot, target.commit)
    files = files_of(snapshot, commit)
    carriers = _carriers(hotfix_of(snapshot, config, drift))
    folder = "" if drift.path is MISSING else drift.path

    def change(path: DriftPath) -> LiveChange:
        kept = None if files is None else same_bytes(files.get(path.path), path)
        return LiveChange(
            path=path.path,
            kind=path.kind,
            sha256=path.sha256,
            kept=MISSING if kept is None else kept,
            carriers=carriers.get(path.path, "no open pull request is known to have them"),
            reading=reading_command(config.nas, folder, path.path),
        )

    return tuple(map(change, paths))


def _carriers(hotfix: Hotfix) -> dict[str, str]:
    known = () if hotfix.changes is MISSING else hotfix.changes
    return {
        one.path: f"merge pull request {', '.join(f'#{number}' for number in one.carried_by)} first"
        for one in known
        if one.carried_by is not MISSING and one.carried_by
    }


def _target_gaps(target: Target) -> Iterator[Gap]:
    for gap in target.gaps:
        yield replace(gap, pointer=gap.pointer.replace("/target", "/deployment"))


def _gaps(drift: Drift, changes: tuple[LiveChange, ...] | Missing, target: Target) -> Iterator[Gap]:
    for gap in drift.gaps:
        if gap.pointer in ("/drift", "/drift/changed", "/drift/extra"):
            yield replace(gap, pointer="/deployment/changes")
    known = "the commit to deploy" if target.commit is MISSING else target.commit[:12]
    for index, change in enumerate(() if changes is MISSING else changes):
        if change.kept is MISSING:
            yield Gap(
                pointer=f"/deployment/changes/{index}/kept",
                reason=f"whether {known} has the bytes of {change.path} can't be told",
            )


def _text(made: Deployment, branch: str) -> str:
    commit = "the commit" if made.commit is MISSING else made.commit[:12]
    where = f" on {made.slot}" if isinstance(made.slot, str) else ""
    place = {True: f"would be {branch}'s tip", False: f"would not be {branch}'s tip"}
    then = "may or may not be" if made.agrees is MISSING else place[made.agrees]
    sentence = f"after deploying {commit}{where} production {then}"
    if made.agrees is MISSING:
        sentence += f" {branch}'s tip"
    if made.changes is MISSING:
        return f"{sentence}; what lives on the NAS alone is not known"
    lost = [one.path for one in made.changes if one.kept is not True]
    if not lost:
        return f"{sentence}, and no live change would be lost"
    more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
    return f"{sentence}, and what lives on the NAS alone would be lost: {', '.join(lost[:_SHOWN])}{more}"
