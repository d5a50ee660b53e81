"""What production is said to be: the deployed commit and its place on main, the link, a declared rollback."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.config import Config
from auditor.derive.drift import commit_of_release
from auditor.derive.drift.canonical import commit_in_role, commit_of
from auditor.derive.drift.shell import ssh_command
from auditor.derive.production.lag import Lag, lag_of
from auditor.frozen import frozen
from auditor.model.facts.nas import Current, Nas, Release
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.target import Target
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.once import once
from auditor.text import parse_time, span_text

_JUDGED = ("deployed", "commit", "on_main", "is_main", "excused", "left_at")
_NEVER = "1970-01-01T00:00:00Z"
_HEAD = re.compile(r"/nas/releases/(\d+)(?:/git(?:/head|/refs)?)?")


@frozen
class RollbackState:
    """A declared rollback; `commit` is `to` in full where it is known. `deployed` is whether the release is of it."""

    to: str
    commit: str
    until: str
    reason: str
    in_force: bool
    deployed: bool | Missing = MISSING


@frozen
class Production:
    """The active release (`current` where its name is not known), and the commit that all behind it is judged by.

    `deployed` is the release's commit; `commit` is that, or the rollback's while one is in force. `on_main` holds where
    both are in main's history; `off_main` is the one that is not. `excused` is whether main moved by nothing that is
    deployed; `left_at` is when main left `commit` otherwise, None where it did not, and `age` how long ago. `deploying`
    is whether the release was moved less than `deploy_window` ago. `link_fault` is what is wrong with `current`, None
    where nothing is. `shell` is how the owner reaches the NAS.

    Before a deployment and before a switch `commit` is the gate's; after them `main` is the gate's, and `is_main`
    whether production is exactly it.
    """

    release: str = "current"
    path: str = ""
    deployed: str | Missing = MISSING
    commit: str | Missing = MISSING
    main: str | Missing = MISSING
    on_main: bool | Missing = MISSING
    off_main: str | None = None
    is_main: bool | Missing = MISSING
    behind: int | Missing | None = MISSING
    excused: bool | Missing = MISSING
    left_at: str | Missing | None = MISSING
    left_by: str | None = None
    age: str = ""
    deploying: bool = False
    moved_at: str | None = None
    link_fault: str | Missing | None = MISSING
    rollback: RollbackState | None = None
    shell: str = ""
    gaps: tuple[Gap, ...] = ()


@once
def derive(snapshot: Snapshot, config: Config) -> Production:
    """The state of production as the release, Gitea and the policy file give it."""
    nas = snapshot.nas
    if nas is MISSING or config.nas is None:
        return Production()
    if not nas.available:
        return Production(gaps=(Gap(pointer="/production", reason=f"nas is unavailable: {nas.error}"),))
    known = active_release(nas)
    found = None if known is None else commit_of_release(snapshot, known)
    deployed = MISSING if found is None else found[0]
    rollback = _rollback(snapshot, config, deployed)
    target = snapshot.target
    commit = rollback.commit if rollback and rollback.in_force else deployed
    if target is not MISSING and _to_come(target):
        commit = target.commit
    fault = _link_fault(nas, known)
    state = Production(
        release="current" if known is None else known.name,
        path="" if known is None else known.path,
        deployed=deployed,
        commit=commit,
        main=_main(snapshot) if target is MISSING or target.stage != "after" else target.commit,
        # who calls the gate says that the deployment has come so far
        deploying=target is MISSING and _deploying(known, nas, snapshot, config),
        moved_at=_moved_at(known),
        link_fault=fault,
        rollback=rollback,
        shell=ssh_command(config.nas),
        gaps=(*_commit_gaps(target, nas, known, deployed), *_link_gaps(nas, fault)),
    )
    return _placed(state, snapshot, config)


def active_release(nas: Nas) -> Release | None:
    """The release that `current` leads to; None where there is none or it is not known."""
    releases = () if nas.releases is MISSING else nas.releases
    return next((one for one in releases if one.active), None)


def _placed(state: Production, snapshot: Snapshot, config: Config) -> Production:
    """The state with its place on main."""
    subjects = (state.commit,) if _to_come(snapshot.target) else (state.commit, state.deployed)
    judged = [one for one in dict.fromkeys(subjects) if isinstance(one, str)]
    places = [on_main(one, snapshot) for one in judged]
    off = next((one for one, place in zip(judged, places, strict=True) if place is False), None)
    blind = MISSING in (*subjects, *places)
    state = replace(state, on_main=False if off else MISSING if blind else True, off_main=off)
    gaps = tuple(_place_gaps(state, places, snapshot))
    if state.commit is MISSING or state.main is MISSING:
        return replace(state, gaps=(*state.gaps, *gaps))
    is_main = _is_main(state.commit, snapshot)
    known = commit_of(snapshot, state.commit)
    lag = _lag(state.commit, state.on_main, is_main, snapshot, config)
    if lag.reason is not None:
        gaps = (*gaps, *(Gap(pointer=f"/production/{name}", reason=lag.reason) for name in ("excused", "left_at")))
    age = ""
    if isinstance(lag.left_at, str) and lag.left_at != _NEVER:
        age = span_text(max(0.0, (parse_time(snapshot.finished_at) - parse_time(lag.left_at)).total_seconds()))
    return replace(
        state,
        is_main=is_main,
        behind=0 if is_main else MISSING if known is None else known.behind,
        excused=lag.excused,
        left_at=lag.left_at,
        left_by=lag.left_by,
        age=age,
        gaps=(*state.gaps, *gaps),
    )


def _lag(commit: str, placed: bool | Missing, is_main: bool, snapshot: Snapshot, config: Config) -> Lag:
    if is_main:
        return Lag(excused=True, left_at=None)
    if placed is False:
        # main can't have left what it never held: how long ago makes it no better
        return Lag(excused=False, left_at=_NEVER)
    target = snapshot.target
    if target is not MISSING and target.stage == "after" and target.commit not in _tips(snapshot):
        return Lag(excused=False, left_at=_NEVER)
    if placed is MISSING:
        return Lag(reason=f"whether {commit[:12]} is in main's history is not known")
    return lag_of(commit, snapshot, config)


def _is_main(commit: str, snapshot: Snapshot) -> bool:
    """Whether a commit is main's tip; after a deployment, whether it is the one that was deployed."""
    target = snapshot.target
    if target is MISSING or target.stage != "after" or target.asked is None:
        return commit in _tips(snapshot)
    return commit == target.commit


def _to_come(target: Target | Missing) -> bool:
    """Whether the gate is asked before production is the commit."""
    return target is not MISSING and target.stage != "after"


def on_main(commit: str, snapshot: Snapshot) -> bool | Missing:
    """Whether a commit is in the history of Gitea's main."""
    gitea = snapshot.gitea
    line = () if gitea is MISSING or gitea.history is MISSING else gitea.history.commits
    if commit in _tips(snapshot) or any(one.sha == commit for one in line):
        return True
    known = commit_of(snapshot, commit)
    if known is None:
        return MISSING
    return known.on_main if known.known else False


def _tips(snapshot: Snapshot) -> tuple[str, ...]:
    """Main's tip as each reading of this run saw it: it may move in between."""
    canon, gitea = snapshot.canon, snapshot.gitea
    main = MISSING if gitea is MISSING else gitea.main
    seen = (
        MISSING if canon is MISSING else canon.main,
        MISSING if main is MISSING or main is None else main.commit,
    )
    return tuple(one for one in seen if one is not MISSING)


def _main(snapshot: Snapshot) -> str | Missing:
    return next(iter(_tips(snapshot)), MISSING)


def _rollback(snapshot: Snapshot, config: Config, deployed: str | Missing) -> RollbackState | None:
    declared = config.rollback
    if declared is None:
        return None
    looked_up = commit_in_role(snapshot, "rollback")
    commit = looked_up.commit if looked_up and looked_up.commit.startswith(declared.to) else declared.to
    if isinstance(deployed, str) and deployed.startswith(commit):
        commit = deployed
    return RollbackState(
        to=declared.to,
        commit=commit,
        until=declared.until,
        reason=declared.reason,
        in_force=parse_time(snapshot.finished_at) < parse_time(declared.until),
        deployed=MISSING if deployed is MISSING else deployed == commit,
    )


def _moved_at(release: Release | None) -> str | None:
    """The last entry of HEAD's reflog, on the NAS's clock."""
    if release is None or release.git is MISSING or release.git is None:
        return None
    entry = release.git.last_reflog
    return None if entry is MISSING or entry is None else entry.at


def _deploying(release: Release | None, nas: Nas, snapshot: Snapshot, config: Config) -> bool:
    moved_at = _moved_at(release)
    if moved_at is None:
        return False
    offset = 0.0 if nas.clock_offset_seconds is MISSING else nas.clock_offset_seconds
    age = (parse_time(snapshot.finished_at) - parse_time(moved_at)).total_seconds() + offset
    return abs(age) < config.limits.deploy_window


def _link_fault(nas: Nas, release: Release | None) -> str | Missing | None:
    current = nas.current
    if current is MISSING:
        return MISSING
    if current.kind in ("absent", "other"):
        return "current does not exist" if current.kind == "absent" else "current leads to no folder"
    return _place_fault(current, nas, release) or (MISSING if current.unchanged is MISSING else None)


def _place_fault(current: Current, nas: Nas, release: Release | None) -> str | None:
    if current.resolved is None:
        return "current leads to no folder"
    if current.kind == "folder":
        return "current is a folder of its own, not a link into releases"
    if current.release is None:
        return f"current leads to {current.resolved}, which is not below releases"
    if current.resolved not in (f"releases/{current.release}", f"releases/{current.release}/app"):
        return f"current leads to {current.resolved}, which is no release's folder"
    if nas.releases is not MISSING and release is None:
        return f"current leads to {current.release}, which is no release"
    return "current moved during the audit" if current.unchanged is False else None


def _link_gaps(nas: Nas, fault: str | Missing | None) -> tuple[Gap, ...]:
    if fault is not MISSING:
        return ()
    reason = Gap(pointer="/production/link_fault", reason="where current leads was not observed")
    return carried(nas.gaps, ("/nas/current",), "/production/link_fault") or (reason,)


def _commit_gaps(target: Target | Missing, nas: Nas, release: Release | None, deployed: str | Missing) -> Iterator[Gap]:
    asked = () if target is MISSING else target.gaps
    unknown = [gap for gap in asked if gap.pointer == "/target/commit"]
    yield from _gaps(nas, release, deployed, ("deployed",) if _to_come(target) else _JUDGED)
    for gap in unknown:
        yield from (replace(gap, pointer=f"/production/{name}") for name in _JUDGED[1:])


def _gaps(nas: Nas, release: Release | None, deployed: str | Missing, names: Sequence[str]) -> Iterator[Gap]:
    if deployed is not MISSING:
        return
    reason = "no release is active" if release is None else f"the commit of release {release.name} could not be told"
    if release is not None and release.git is None:
        reason = f"release {release.name} has no .git, and no commit of main has just its files"
    own = [gap for gap in nas.gaps if _concerns(gap, nas, release)]
    for gap in own or [Gap(pointer="", reason=reason)]:
        for name in names:
            yield replace(gap, pointer=f"/production/{name}")


def _concerns(gap: Gap, nas: Nas, release: Release | None) -> bool:
    match = _HEAD.fullmatch(gap.pointer)
    if match is None or nas.releases is MISSING:
        return gap.pointer in ("/nas", "/nas/releases", "/nas/current")
    number = int(match[1])
    return number < len(nas.releases) and nas.releases[number] is release


def _place_gaps(state: Production, places: list[bool | Missing], snapshot: Snapshot) -> Iterator[Gap]:
    canon = snapshot.canon
    error = "Gitea's objects were not asked for" if canon is MISSING else canon.error or "it was not looked up"
    if MISSING in places:
        yield Gap(pointer="/production/on_main", reason=f"whether the commit is on main is not known: {error}")
    if state.main is MISSING:
        for name in ("is_main", "excused", "left_at"):
            yield Gap(pointer=f"/production/{name}", reason=f"main's tip was not observed: {error}")
