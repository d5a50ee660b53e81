"""A visit that is cut at any byte is UNKNOWN, never PASS; a real answer is replayed by a real sshd, which is faster."""

import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from delay import delay_proxy
from nas_world import Lab, World, run_world, ssh_options
from sshd import run_sshd

from auditor.collectors import nas as collector
from auditor.collectors.nas.script import Nonces, render_script
from auditor.errors import SourceError
from auditor.model.facts.nas import Nas
from auditor.model.facts.snapshot import Snapshot, SourceRun
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.evaluation import Bench, Terms, evaluate, prepare

pytestmark = pytest.mark.lab

CUTS = 200
OLD = Nonces("1" * 32, "2" * 32, "3" * 32)
REPLAY = "#!/bin/sh\nIFS=: read -r log frame key\nLC_ALL=C exec sed \"s/{frame}/$frame/g\" '{answer}'\n"


@dataclass
class Replay:
    """A world whose NAS answers with a recording; `snapshot` is that of the green audit."""

    world: World
    snapshot: Snapshot
    bench: Bench

    def visit(self, port: int) -> Nas:
        """What the collector tells of a visit by way of another port."""
        self.world.changes["nas"]["ssh"] = f"{self.world.box.user}@127.0.0.1:{port}"
        try:
            return self.world.collect()
        except SourceError as error:
            assert "\n" not in str(error)
            return collector.unavailable(str(error), self.world.now())

    def judge(self, facts: Nas) -> Report:
        """The report of the green snapshot with these facts in place of the NAS's."""
        status = "unavailable" if not facts.available else "partial" if facts.gaps else "ok"
        sources = tuple(
            replace(one, status=status, error=facts.error) if one.name == "nas" else one
            for one in self.snapshot.sources
        )
        terms = Terms(rules=("nas-*", "audit-sources-observed"))
        return evaluate(replace(self.snapshot, nas=facts, sources=sources), self.bench, terms)


@pytest.fixture(scope="module")
def recorded(nas_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    folder = tmp_path_factory.mktemp("cut")
    with run_world(nas_lab, folder) as world:
        snapshot = without_site(world.audited("nas-*").snapshot)
        world.changes["nas"] = {"access": "command"}
        answer, replay = folder / "answer", folder / "replay"
        answer.write_bytes(record(world, folder))
        replay.write_text(REPLAY.format(frame=OLD.frame, answer=answer))
        replay.chmod(0o755)
        with run_sshd(options=ssh_options(nas_lab.docker), forced=str(replay)) as box:
            world.box = box
            yield Replay(world, snapshot, prepare(world.loaded(), nas_lab.folder / "cache"))


def without_site(snapshot: Snapshot) -> Snapshot:
    """The snapshot of an audit that left out the site, which is no part of a visit."""
    others = tuple(one for one in snapshot.sources if one.name != "site")
    return replace(snapshot, sources=(*others, SourceRun(name="site", status="left-out")))


def record(world: World, folder: Path) -> bytes:
    """What the installed probe prints."""
    probe = folder / "nas-audit"
    probe.write_text(render_script(world.config()))
    probe.chmod(0o755)
    world.slots.get("blue", f"/__auditor-{OLD.log}")
    environment = {"PATH": os.environ["PATH"], "DOCKER_HOST": world.lab.docker.host}
    done = subprocess.run([probe], input=OLD.line().encode(), env=environment, capture_output=True, check=True)
    return done.stdout


def outcomes(report: Report, outcome: Outcome) -> list[str]:
    return [one.rule_id for one in report.findings if one.outcome is outcome]


def test_the_replay_itself_is_green(recorded: Replay) -> None:
    facts = recorded.visit(recorded.world.box.port)
    assert facts.gaps == ()
    report = recorded.judge(facts)
    assert [one for one in report.findings if one.outcome in (Outcome.FAIL, Outcome.UNKNOWN)] == []
    assert report.verdict == "compliant"


def test_two_hundred_cuts_are_unknown_and_never_pass(recorded: Replay) -> None:
    with delay_proxy(recorded.world.box.port, cut_after=1 << 30) as proxy:
        assert recorded.visit(proxy.port).gaps == ()
        total = proxy.bytes_back
    chance = random.Random(5)
    partial = 0
    refusals: dict[str | None, Report] = {}
    for cut in sorted(chance.randrange(total) for _ in range(CUTS)):
        with delay_proxy(recorded.world.box.port, cut_after=cut) as proxy:
            facts = recorded.visit(proxy.port)
        # where nothing came, the reason alone decides
        report = (None if facts.available else refusals.get(facts.error)) or recorded.judge(facts)
        if not facts.available:
            refusals[facts.error] = report
        assert outcomes(report, Outcome.FAIL) == [], cut
        if facts.available and not facts.gaps:
            assert facts.finished_at is not MISSING
            assert total - cut < 2048, cut  # nothing but the end of the connection was lost
            continue
        assert report.verdict == "inconclusive", cut
        assert outcomes(report, Outcome.UNKNOWN) != [], cut
        partial += facts.available
    assert partial > CUTS / 3


def test_a_deadline_that_passes_is_unknown_too(recorded: Replay) -> None:
    with pytest.raises(SourceError):
        recorded.world.collect(seconds=0.5)
