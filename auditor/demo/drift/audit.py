"""What can go wrong with the audit itself."""

from datetime import UTC, datetime

from auditor.demo.drift.definition import drift
from auditor.demo.world import World
from auditor.history.store import History
from auditor.model.codec import encode
from auditor.model.facts.earlier import SeenOverride
from auditor.pipeline.override import KIND
from auditor.text import time_text


@drift("audit-overrides-none")
def gate_overridden(world: World) -> None:
    """Somebody went past the gate."""
    now = time_text(datetime.now(UTC))
    seen = SeenOverride(
        run="the gate's run",
        at=now,
        stage="deploy",
        verdict="non-compliant",
        reason="the site is down",
        until=now,
        by="mallory on laptop",
    )
    with History.open(world.folder / "state") as history:
        history.append(KIND, {"site": "demo", **encode(seen)}, at=now)


@drift("audit-runs-regular")
def right_lost(world: World) -> None:
    """The auditor's token is taken away: it sees less than the night before."""
    world.policy.write_text(world.policy.read_text().replace("  token: {file: token}\n", ""))


@drift("audit-waivers-live")
def waiver_over(world: World) -> None:
    """A waiver outlives its last day."""
    waiver = (
        "waivers: [{rule: nas-files-match-commit, subject: 'nas:file:README.md', owner: ada,"
        " reason: until the footer is mended, expires: '2026-01-31'}]\n"
    )
    world.policy.write_text(world.policy.read_text() + waiver)
