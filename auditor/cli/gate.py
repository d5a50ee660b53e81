"""From the options of the gate to its run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auditor.cli.option import Settings
from auditor.cli.progress import shown_progress
from auditor.cli.session import open_session
from auditor.config import Config
from auditor.errors import UsageError
from auditor.model.facts.target import Target
from auditor.model.findings import COMPLIANT
from auditor.model.missing import MISSING
from auditor.model.rules import Severity
from auditor.notation import utc_text
from auditor.pipeline.audit import Audited
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Terms
from auditor.pipeline.gate import Waiting, gate
from auditor.pipeline.override import Override


@dataclass(frozen=True)
class Passed:
    """What the gate said, and whether somebody goes past it."""

    audited: Audited
    overridden: bool


def run_gate(options: Settings, given: Mapping[str, Any]) -> Passed:
    """Runs the gate as the options say; raises UsageError for options that don't fit."""
    override = _override(given)
    session = open_session(options)
    config = session.config
    request = Request(
        config=config,
        mode="gate",
        timeout=given["timeout"] or config.limits.gate_budget,
        patience=config.limits.wake,
        target=_target(given, config),
        state=session.state,
    )
    bench = session.bench()
    terms = Terms(fail_on=Severity(given["fail_on"]), notes=session.notes)
    with shown_progress(options) as say:
        waiting = Waiting(seconds=given["wait"] or 0.0)
        audited = gate(request.heard_by(say), bench, terms, session.state, waiting, override)
    return Passed(audited, overridden=override is not None and audited.report.verdict != COMPLIANT)


def _target(given: Mapping[str, Any], config: Config) -> Target:
    names = [] if config.nas is None else [slot.name for slot in config.nas.slots]
    slot = given["slot"]
    if slot is not None and slot not in names:
        raise UsageError(f"no such slot '{slot}': choose one of {', '.join(names) or 'none, for there is no nas:'}")
    return Target(stage=given["stage"], asked=given["commit"], slot=MISSING if slot is None else slot)


def _override(given: Mapping[str, Any]) -> Override | None:
    reason, until = given["override"], given["until"]
    if (reason is None) != (until is None):
        raise UsageError("--override REASON and --until TIME belong together: say why, and until when")
    if reason is None:
        return None
    if not reason.strip():
        raise UsageError("--override needs a reason: it is what the next audit shows")
    if until <= datetime.now(UTC):
        raise UsageError(f"--until {utc_text(until)} is over: name a moment to come")
    return Override(reason=reason.strip(), until=utc_text(until))
