"""Audits of the demo's world by the real collectors: a clean night, then a drift, and whether it was named."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.config.loader import load_chain, read_chain
from auditor.demo.drift.definition import Drift
from auditor.demo.world import World
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.audit import audit
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Bench, Terms, prepare

_SECONDS = 120
_AT_ONCE = 2

Say = Callable[[str, str], None]


def _silence(_source: str, _text: str) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A drift that was put into a fresh world, and what the nights before and after it said."""

    drift: Drift
    before: Report
    after: Report

    @property
    def missed(self) -> tuple[str, ...]:
        """The rules that should have failed and did not; a night before it that was not clean counts too."""
        failed = failing(self.after)
        return (*(rule for rule in self.drift.rules if rule not in failed), *sorted(failing(self.before)))


class Auditor:
    """Audits worlds by one compilation of the standard policy."""

    def __init__(self) -> None:
        self._bench: Bench | None = None

    def audit(self, world: World, say: Say = _silence) -> Report:
        """One night, stored in the world's own history; `say` is told what each source waits for."""
        # but for ports and paths every world's file is the same
        loaded = load_chain(read_chain(world.policy), validated=self._bench is not None)
        if self._bench is None:
            self._bench = prepare(loaded, None)
        policy = replace(self._bench.policy, waivers=loaded.config.waivers)
        bench = replace(self._bench, config=loaded.config, policy=policy)
        state = world.folder / "state"
        request = Request(config=loaded.config, mode="audit", timeout=_SECONDS, state=state, say=say)
        return audit(request, bench, Terms(), state).report

    def try_drift(self, drift: Drift) -> Trial:
        """The drift in a world of its own, which is gone afterwards."""
        with (
            TemporaryDirectory(prefix="auditor-demo-", ignore_cleanup_errors=True) as folder,
            World(Path(folder)) as world,
        ):
            before = self.audit(world)
            drift.apply(world)
            return Trial(drift=drift, before=before, after=self.audit(world))

    def try_all(self, drifts: Sequence[Drift]) -> Iterator[Trial]:
        """A trial of each, in their order."""
        with (
            TemporaryDirectory(prefix="auditor-demo-", ignore_cleanup_errors=True) as folder,
            World(Path(folder)) as world,
        ):
            self.audit(world)  # compiles the policy before threads ask for it
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            yield from pool.map(self.try_drift, drifts)
        finally:
            pool.shutdown(cancel_futures=True)


def failing(report: Report) -> set[str]:
    """The rules that fail."""
    return {finding.rule_id for finding in report.findings if finding.outcome is Outcome.FAIL}


def passing(report: Report) -> set[str]:
    """The rules that pass."""
    return {finding.rule_id for finding in report.findings if finding.outcome is Outcome.PASS}


def one_way(trials: Sequence[Trial]) -> tuple[str, ...]:
    """The rules that were not seen both passing and failing, in the policy's order."""
    passed = set().union(*(passing(trial.before) | passing(trial.after) for trial in trials))
    failed = set().union(*(failing(trial.after) for trial in trials))
    return tuple(rule.id for rule in trials[0].before.rules if rule.id not in passed & failed)
