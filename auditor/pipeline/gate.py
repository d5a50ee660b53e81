"""The gate of a deployment: one stage's rules within a hard budget; what was not seen in time is unknown."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from auditor.config import Config
from auditor.errors import ConfigError
from auditor.frozen import frozen
from auditor.history.record import HistoryUnwritableError
from auditor.history.store import History
from auditor.model.facts.snapshot import Snapshot
from auditor.model.findings import COMPLIANT
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.pipeline.audit import Audited, judged
from auditor.pipeline.collection import Request, collect
from auditor.pipeline.evaluation import Bench, Terms
from auditor.pipeline.override import Override, record_override
from auditor.pipeline.storage import earlier_of_site, store_run
from auditor.policy.compiler import CompiledRule
from auditor.policy.judgement import asked
from auditor.text import printable

# a clone proves nothing of a deployment, and is not there where one runs
_NEVER_ASKED = ("local",)
_POLL_SECONDS = 5.0
_SUBJECT = {"deploy": "gitea", "switch": "nas", "after": "nas"}


@frozen
class Waiting:
    """How long pending CI is waited for, in seconds; `pause` lets some of them pass."""

    seconds: float = 0.0
    pause: Callable[[float], None] = time.sleep


def gate(
    request: Request, bench: Bench, terms: Terms, folder: Path, waiting: Waiting, override: Override | None = None
) -> Audited:
    """Judge the target of `request`; stored in `folder` as a run of its own, which is no baseline of any audit.

    Raises ConfigError where the policy file does not name what the stage is about, HistoryError where an override
    is needed and can't be recorded: it is none then.
    """
    request = replace(request, only=_sources(request, bench))
    request, warnings = _remembering(request, folder)
    _await_checks(request, waiting)
    audited = replace(judged(collect(request), bench, terms), warnings=warnings)
    if override is not None and audited.report.verdict != COMPLIANT:
        audited = replace(audited, report=_overridden(audited.report, override))
        record_override(folder, override, audited.snapshot, audited.report, terms.fail_on)
    audited = replace(audited, warnings=(*audited.warnings, *_published(audited, request.config)))
    if warnings:
        return audited
    try:
        with History.open(folder) as history:
            store_run(history, audited.snapshot, audited.report, standing=False)
    except HistoryUnwritableError as error:
        return replace(audited, warnings=(*audited.warnings, f"this run is not stored: {error}"))
    return audited


def _published(audited: Audited, config: Config) -> tuple[str, ...]:
    """Tell the pull request of the commit, where the policy file asks for it."""
    if config.publish is None:
        return ()
    from auditor.publish.delivery import publish_gate

    return publish_gate(audited.snapshot, audited.report, config)


def _sources(request: Request, bench: Bench) -> tuple[str, ...]:
    """The sources that the stage's rules need, of those that are configured."""
    stage = _stage(request)
    subject = _SUBJECT[stage]
    if getattr(request.config, subject) is None:
        raise ConfigError(f"policies.yaml has no section {subject}, and gate --stage {stage} judges that: add it")
    rules = [compiled for compiled in bench.compiled if asked(compiled.rule, (), stage)]
    # Gitea tells which commit a name is, whatever the rules read
    needed = {"gitea", *(source for rule in rules for source in _needed(rule))} - set(_NEVER_ASKED)
    return tuple(sorted(source for source in needed if getattr(request.config, source, None) is not None))


def _needed(compiled: CompiledRule) -> list[str]:
    return [source for need in compiled.needs for source in need.split("|")]


def _stage(request: Request) -> str:
    if request.target is None:
        raise ConfigError("the gate was asked about nothing")
    return request.target.stage


def _overridden(report: Report, override: Override) -> Report:
    note = f"overridden until {override.until}: {printable(override.reason)}"
    return replace(report, run=replace(report.run, notes=(note, *report.run.notes)))


def _remembering(request: Request, folder: Path) -> tuple[Request, tuple[str, ...]]:
    """The request with what earlier audits saw; a history that can't be had is a warning, and its rules are unknown."""
    try:
        with History.open(folder) as history:
            return replace(request, earlier=earlier_of_site(history, request.config)), ()
    except HistoryUnwritableError as error:
        return request, (f"this run is not stored: {error}",)


def _await_checks(request: Request, waiting: Waiting) -> None:
    """Let time pass for as long as CI may still report on the commit; the facts that are judged are taken after it."""
    if request.target is None or request.target.stage != "deploy":
        return
    until = time.monotonic() + waiting.seconds
    while (left := until - time.monotonic()) > 0:
        if not _is_pending(collect(replace(request, only=("gitea",))), request):
            return
        request.say("gitea", f"waiting for CI, {left:.0f}s more at most")
        waiting.pause(min(_POLL_SECONDS, left))


def _is_pending(snapshot: Snapshot, request: Request) -> bool:
    """Whether CI runs, or is so young a commit's that it may not have begun."""
    from auditor.derive import check  # derivations are loaded while nobody waits for a first request

    contexts = check.derive(snapshot, request.config).contexts
    known = () if contexts is MISSING else contexts
    return any(one.state == "pending" or (one.state == "absent" and one.green is MISSING) for one in known)
