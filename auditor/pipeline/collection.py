"""Asks all configured sources, each in its own thread, and puts what they gave into a snapshot."""

import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from auditor import __version__
from auditor.confidence import Confidence
from auditor.config import Config
from auditor.errors import AuditorError
from auditor.frozen import frozen
from auditor.interfaces import Collector, Context, Deadline, Witness
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot, SourceRun
from auditor.model.facts.target import Target
from auditor.model.missing import MISSING
from auditor.plugins import load, names
from auditor.text import parse_time, printable, short, span_text, time_text

Mode = Literal["audit", "collect", "gate", "proposer", "secrets"]
Say = Callable[[str, str], None]
Clock = Callable[[], datetime]
# a thread that is blocked in a system call can't be interrupted; between two looks at it, signals are
_LOOK_SECONDS = 0.05
# the trees of commits are read for Gitea's sake: who asks for it alone asks for them too
_HALF_OF = {"canon": "gitea"}
# the values of the site's own env files are searched for by these alone: a gate has no time for it
_OWN_MODES = ("audit", "collect")
# how far the clocks of two machines may lie apart
_CLOCK_SECONDS = 300


def _time_of_day() -> datetime:
    return datetime.now(UTC)


def _silence(_source: str, _text: str) -> None:
    return None


@frozen
class Request:
    """What is to be collected.

    `only` names the sources to ask, empty: all. `brought` are stored snapshots whose facts stand in for a source that
    can't be asked. `timeout` is for everything together, in seconds, but for `patience`, for which a sleeping NAS may
    wake. `target` is what the gate is asked about, `earlier` gives what the nights before saw. `say` is told what each
    source waits for. `collectors` are those to choose from, by name; None: all that the program has. `clock` tells the
    time of day.
    """

    config: Config
    mode: Mode
    timeout: float
    only: tuple[str, ...] = ()
    brought: tuple[Snapshot, ...] = ()
    patience: float = 0.0
    target: Target | None = None
    earlier: Callable[[], Earlier] | None = None
    state: Path | None = None
    say: Say = field(default=_silence)
    collectors: Mapping[str, Collector] | None = None
    clock: Clock = field(default=_time_of_day)

    def heard_by(self, say: Say) -> "Request":
        """The same request, with `say` told what each source waits for."""
        return replace(self, say=say)


@dataclass
class _Visit:
    """One collector at work."""

    name: str
    collector: Collector
    facts: Witness | None = None
    fault: BaseException | None = None
    began: float = field(default_factory=time.monotonic)
    took: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)


def collect(request: Request) -> Snapshot:
    """A snapshot of all sources that the request asks for; a source that fails is in it as unavailable."""
    started = request.clock()
    deadline = Deadline.after(request.timeout, patience=request.patience)
    snapshot = Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version=__version__,
        id=str(run_id(started)),
        site_id=request.config.id,
        mode=request.mode,
        started_at=time_text(started),
        finished_at=time_text(started),
        sources=(),
        target=MISSING if request.target is None else request.target,
    )
    own = Confidence(listening=request.mode in _OWN_MODES and bool(request.config.secrets.own_values))
    known = _collectors() if request.collectors is None else request.collectors
    asked = {name: collector for name, collector in known.items() if collector.configured(request.config)}
    left = [name for name in asked if request.only and _HALF_OF.get(name, name) not in request.only]
    for number in (1, 2):
        visits = [_Visit(name, one) for name, one in asked.items() if number == one.ROUND and name not in left]
        snapshot = _with_visits(snapshot, _visit_all(visits, request, snapshot, deadline, own), started)
        if request.earlier is not None:
            snapshot = replace(snapshot, earlier=request.earlier())
        if request.target is not None:
            # derivations come along with it, which nobody else needs before the first request
            from auditor.pipeline.target import resolved_target

            snapshot = replace(snapshot, target=resolved_target(request.target, snapshot, request.config))
    why = None if request.target is None else "is not asked at this stage of the gate"
    for name in left:
        snapshot = replace(snapshot, sources=(*snapshot.sources, SourceRun(name=name, status="left-out", error=why)))
    if own.listening:
        from auditor.pipeline.own_value import with_own_values  # as above

        snapshot = with_own_values(snapshot, own, request.config, deadline)
    snapshot = _with_brought(snapshot, request)
    return replace(snapshot, finished_at=time_text(request.clock()))


def run_id(moment: datetime) -> UUID:
    """A UUID version 7 (RFC 9562 §5.7): ordered by time, otherwise random."""
    value = (int(moment.timestamp() * 1000) & (1 << 48) - 1) << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def _collectors() -> dict[str, Any]:
    return {name: load("collectors", name) for name in names("collectors")}


def _visit_all(
    visits: Sequence[_Visit], request: Request, seen: Snapshot, deadline: Deadline, own: Confidence
) -> Sequence[_Visit]:
    for visit in visits:
        context = Context(
            config=request.config,
            seen=seen,
            earlier=request.earlier,
            state=request.state,
            deadline=deadline,
            now=request.clock(),
            progress=_progress(visit, request.say),
            own=own,
        )
        # a daemon, so that a source which never answers can't keep the program from ending
        threading.Thread(target=_visit, args=(visit, context), name=visit.name, daemon=True).start()
    for visit in visits:
        while not visit.done.wait(_LOOK_SECONDS) and deadline.remaining():
            pass
        if not visit.done.is_set():
            visit.fault = AuditorError(f"not finished within {request.timeout:g} seconds: raise --timeout")
            visit.took = time.monotonic() - visit.began
            request.say(visit.name, "")
    return visits


def _progress(visit: _Visit, say: Say) -> Callable[[str], None]:
    return lambda text: say(visit.name, text)


def _visit(visit: _Visit, context: Context) -> None:
    context.progress("starting")
    try:
        visit.facts = visit.collector.collect(context)
    except BaseException as error:  # the thread ends here; the main one decides
        visit.fault = error
    visit.took = time.monotonic() - visit.began
    context.progress("")
    visit.done.set()


def _with_visits(snapshot: Snapshot, visits: Sequence[_Visit], started: datetime) -> Snapshot:
    from auditor.pipeline.mask import masked  # its patterns are compiled while nobody waits for a first request

    facts: dict[str, Any] = {}
    runs = []
    for visit in visits:
        if visit.facts is None or visit.fault is not None:
            facts[visit.name] = visit.collector.unavailable(_reason(visit.fault), started)
        else:
            facts[visit.name] = masked(visit.facts)
        runs.append(_source_run(visit, facts[visit.name], started))
    return replace(snapshot, sources=(*snapshot.sources, *runs), **facts)


def _reason(fault: BaseException | None) -> str:
    """What is said of a source that failed; an unforeseen exception's own text may hold anything, and is not shown."""
    if fault is None:
        return "internal error: its collector gave nothing: please report it"
    if isinstance(fault, AuditorError):
        return short(printable(str(fault)))
    frame = traceback.extract_tb(fault.__traceback__)[-1]
    return f"internal error: {type(fault).__name__} at {Path(frame.filename).name}:{frame.lineno}: please report it"


def _source_run(visit: _Visit, facts: Witness, started: datetime) -> SourceRun:
    collected = started + timedelta(seconds=visit.took)
    return SourceRun(
        name=visit.name,
        status="unavailable" if not facts.available else "partial" if facts.gaps else "ok",
        collected_at=time_text(collected),
        took_seconds=round(visit.took, 3),
        error=facts.error,
    )


def _too_old(age: float, limit: float) -> str | None:
    """Why facts of this age, in seconds, can't stand in for a source; None where they can."""
    if age >= limit:
        return f"the facts that were brought are {span_text(age)} old, more than facts_max_age: collect them again"
    if age < -_CLOCK_SECONDS:
        return (
            f"the facts that were brought are {span_text(-age)} in the future: set the clocks, and collect them again"
        )
    return None


def _with_brought(snapshot: Snapshot, request: Request) -> Snapshot:
    """The snapshot with the facts of brought ones, never over a source that was observed in this run."""
    limit = request.config.limits.facts_max_age
    for other in sorted(request.brought, key=lambda one: one.finished_at):
        known = {run.name: run for run in snapshot.sources}
        if (facts := other.local) is MISSING or known.get("local", _NOTHING).status in ("ok", "partial", "left-out"):
            continue
        age = (parse_time(snapshot.started_at) - parse_time(facts.observed_at)).total_seconds()
        error = _too_old(age, limit)
        if error:
            facts = load("collectors", "local").unavailable(error, parse_time(facts.observed_at))
        elif not facts.available:
            error = facts.error
        status: Any = "unavailable" if error else "brought"
        run = SourceRun(name="local", status=status, collected_at=facts.observed_at, error=error)
        others = tuple(one for one in snapshot.sources if one.name != "local")
        snapshot = replace(snapshot, sources=(run, *others), local=facts)
        if status == "brought":
            from auditor.pipeline.own_value import with_brought_values

            snapshot = with_brought_values(_with_brought_leaks(snapshot, other), other)
    return snapshot


def _with_brought_leaks(snapshot: Snapshot, other: Snapshot) -> Snapshot:
    """The secrets of a clone are searched where it is: what was found there comes with its other facts."""
    known = {run.name: run for run in snapshot.sources}
    found = other.leaks
    if found is MISSING or not found.available or known.get("leaks", _NOTHING).status in ("ok", "left-out"):
        return snapshot
    from auditor.collectors.leaks.joining import joined

    leaks = joined(snapshot.leaks, found)
    status: Any = "brought" if leaks is found else "partial" if leaks.gaps else "ok"
    run = SourceRun(name="leaks", status=status, collected_at=leaks.observed_at)
    others = tuple(one for one in snapshot.sources if one.name != "leaks")
    return replace(snapshot, sources=(*others, run), leaks=leaks)


_NOTHING = SourceRun(name="", status="unavailable")
