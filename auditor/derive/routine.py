"""Whether audits come as often as they should, and whether each may still see what the one before it saw."""

from collections.abc import Iterator

from auditor.config import Config
from auditor.frozen import frozen
from auditor.model.facts.earlier import EarlierRun
from auditor.model.facts.gitea import Gitea
from auditor.model.facts.nas import Nas
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing
from auditor.text import parse_time, span_text

_SLACK = 1.5
# how far a clock may be set back without anybody having done it
_CLOCK_SECONDS = 300


@frozen
class Lapse:
    """Something that was better before: `kind` and `name` are of its subject."""

    kind: str
    name: str
    text: str
    remedy: str


@frozen
class Routine:
    """The lapses since the last stored audit; `note` is what every reader must know of them, empty: nothing."""

    lapses: tuple[Lapse, ...] | Missing = MISSING
    note: str = ""
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Routine:
    """What lies between the last stored audit and this run."""
    earlier = snapshot.earlier
    if earlier is MISSING:
        reason = "earlier runs are not known"
        remedy = "auditor audit keeps a history; --no-store and a state folder that can't be written leave none"
        return Routine(gaps=(Gap(pointer="/routine/lapses", reason=reason, remedy=remedy),))
    pause = None if earlier.run is None else _pause(earlier.run, snapshot.started_at, config.limits.every)
    rights = tuple(_lost(snapshot, earlier.rights))
    return Routine(
        lapses=(*((pause,) if pause else ()), *rights),
        note="" if pause is None else f"after a pause: {pause.text}",
    )


def remembered_rights(snapshot: Snapshot, known: tuple[str, ...]) -> tuple[str, ...]:
    """The rights that a run leaves to the next: those that it saw, and those of before on which it was blind."""
    seen = dict(_rights(snapshot))
    kept = [name for name in known if name not in seen]
    return tuple(sorted([*kept, *(name for name, given in seen.items() if given)]))


def _pause(run: EarlierRun, started_at: str, every: float) -> Lapse | None:
    """What is wrong with the time since the last run; None where nothing is."""
    last = run.started_at or run.finished_at
    age = (parse_time(started_at) - parse_time(last)).total_seconds()
    if age < -_CLOCK_SECONDS:
        return Lapse(
            kind="clock",
            name="set-back",
            text=f"this run began {span_text(-age)} before the last one that is stored ({last}): a clock was set back",
            remedy="# set the clock by NTP: timedatectl set-ntp true",
        )
    if age <= _SLACK * every:
        return None
    missed = max(1, round(age / every) - 1)
    count = "1 was" if missed == 1 else f"{missed} were"
    return Lapse(
        kind="runs",
        name="missed",
        text=f"no audit was stored for {span_text(age)}, and one is due every {span_text(every)}: {count} missed",
        remedy="# see why the timer did not run: systemctl list-timers, crontab -l, the machine's own log",
    )


def _lost(snapshot: Snapshot, known: tuple[str, ...]) -> Iterator[Lapse]:
    seen = dict(_rights(snapshot))
    for name in known:
        if seen.get(name) is False:
            source, _, right = name.partition(": ")
            yield Lapse(
                kind="right",
                name=name.replace(": ", "/"),
                text=f"the auditor had a right on {source} that it has no longer: {right}",
                remedy=f"# grant {source} again what auditor rules show ID names as its right ({right})",
            )


def _rights(snapshot: Snapshot) -> Iterator[tuple[str, bool]]:
    """Each right of which this run can say whether the auditor has it."""
    if snapshot.gitea is not MISSING and snapshot.gitea.available:
        yield from _of_gitea(snapshot.gitea)
    if snapshot.nas is not MISSING and snapshot.nas.available:
        yield from _of_nas(snapshot.nas)


def _of_gitea(gitea: Gitea) -> Iterator[tuple[str, bool]]:
    caller = gitea.caller
    if caller is MISSING:
        return
    yield "gitea: a token", not caller.anonymous
    for name, given in (("admin of the repository", caller.admin), ("read the repository", caller.pull)):
        if given is not MISSING:
            yield f"gitea: {name}", given


def _of_nas(nas: Nas) -> Iterator[tuple[str, bool]]:
    rights = nas.rights
    if rights is MISSING:
        return
    for name, door in (("ask Docker", rights.docker), ("read the proxy's rules", rights.proxy)):
        if door is not MISSING and door != "not-asked":
            yield f"nas: {name}", door != "none"
