"""From a snapshot to a report: derive, judge, compare; the same inputs give the same bytes."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from auditor import __version__
from auditor.config import Config
from auditor.config.fact import config_facts, limits_facts
from auditor.config.loader import Loaded
from auditor.frozen import frozen
from auditor.model.codec import canonical, encode
from auditor.model.facts.canon import Canon
from auditor.model.facts.config import ConfigFacts, LimitsFacts
from auditor.model.facts.leaks import Leaks
from auditor.model.facts.snapshot import SOURCES, Snapshot, SourceRun
from auditor.model.facts.witness import Gap
from auditor.model.findings import verdict_of
from auditor.model.missing import MISSING
from auditor.model.report import (
    SCHEMA_VERSION,
    Agreement,
    ChainLink,
    Report,
    RuleSummary,
    RunInfo,
    SourceStatus,
    Statement,
    Step,
    Tool,
)
from auditor.model.rules import Policy, Severity
from auditor.plugins import load, names
from auditor.policy.baseline import Judgements
from auditor.policy.cache import Ruling, cached
from auditor.policy.compiler import CompiledRule, compile_rules
from auditor.policy.judgement import Case, asked, judge_case, vocabulary_of
from auditor.policy.loader import load_policy
from auditor.policy.reading import Vocabulary
from auditor.policy.rollback import rollback_note, rollback_waivers
from auditor.policy.verdict import summarise
from auditor.text import short


@frozen
class Bench:
    """A policy ready to judge with: the configuration, the rules as data, and the rules compiled."""

    config: Config
    policy: Policy
    compiled: tuple[CompiledRule, ...]


@frozen
class Terms:
    """How a report is to be made; `notes` stand before everything else, `rules` are globs of the rules asked for."""

    fail_on: Severity = Severity.MEDIUM
    rules: tuple[str, ...] = ()
    earlier: Judgements | None = None
    notes: tuple[str, ...] = ()


def prepare(loaded: Loaded, cache_folder: Path | None) -> Bench:
    """The policy of a configuration, compiled; raises ConfigError with every error of its expressions."""
    from auditor.policy.expressions import CEL_BUILD

    def compile_all() -> Ruling:
        policy, locate = load_policy(loaded)
        return Ruling(rules=policy.rules, compiled=compile_rules(policy.rules, vocabulary(), locate))

    if cache_folder is None:
        ruling = compile_all()
    else:
        marks = "\n".join((loaded.sha256, __version__, CEL_BUILD, *_code_marks()))
        ruling = cached(cache_folder, hashlib.sha256(marks.encode()).hexdigest(), compile_all)
    policy = Policy(rules=ruling.rules, waivers=loaded.config.waivers, sha256=loaded.sha256)
    return Bench(config=loaded.config, policy=policy, compiled=ruling.compiled)


def _code_marks() -> Iterator[str]:
    """What tells one state of the facts' definitions from another without importing them."""
    root = Path(__file__).parent.parent
    for folder in ("derive", "model", "policy"):
        for file in sorted((root / folder).rglob("*.py")):
            status = file.stat()
            yield f"{file.relative_to(root)} {status.st_size} {status.st_mtime_ns}"


@cache
def vocabulary() -> Vocabulary:
    """Everything that a rule may name: the sources' facts, the derived ones, the configuration."""
    roots: dict[str, Any] = {"config": ConfigFacts, "limits": LimitsFacts}
    for name, hint in get_type_hints(Snapshot).items():
        kind = next((kind for kind in getattr(hint, "__args__", ()) if hasattr(kind, "__dataclass_fields__")), None)
        if kind is not None and name != "sources":
            roots[name] = kind
    for name in names("derive"):
        roots[name] = get_type_hints(load("derive", name).derive)["return"]
    return vocabulary_of(roots)


def snapshot_text(snapshot: Snapshot) -> str:
    """The text under which a snapshot is stored and hashed."""
    return canonical(encode(snapshot))


def evaluate(snapshot: Snapshot, bench: Bench, terms: Terms) -> Report:
    """The report of a snapshot; id and times are the snapshot's own."""
    stage = None if snapshot.target is MISSING else snapshot.target.stage
    bench = bench if stage != "after" else replace(bench, config=_without_lag(bench.config))
    sources = tuple(_status(name, snapshot, bench.config) for name in SOURCES)
    encoded = encode(snapshot)
    compiled = tuple(one for one in bench.compiled if asked(one.rule, terms.rules, stage))
    facts = _facts(snapshot, encoded, bench.config, _shown(snapshot) | _roots(compiled))
    case = Case(facts=facts, sources=sources, now=snapshot.finished_at)
    policy = replace(bench.policy, waivers=(*bench.policy.waivers, *rollback_waivers(bench.config)))
    findings = judge_case(case, compiled, policy, terms.earlier)
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=Tool(name="auditor", version=__version__),
        run=RunInfo(
            id=snapshot.id,
            site=snapshot.site_id,
            started_at=snapshot.started_at,
            finished_at=snapshot.finished_at,
            mode=snapshot.mode,
            policy_sha256=bench.policy.sha256,
            snapshot_sha256=hashlib.sha256(canonical(encoded).encode()).hexdigest(),
            notes=(
                *rollback_note(bench.config, snapshot.finished_at),
                *filter(None, (_deployment(facts), facts["routine"]["note"])),
                *terms.notes,
                *_allowed(facts),
                *_unsearched(facts),
            ),
            history_head=None if snapshot.earlier is MISSING else snapshot.earlier.history_head,
        ),
        verdict=verdict_of(findings, terms.fail_on),
        summary=summarise(findings),
        sources=sources,
        chain=tuple(ChainLink(**link) for link in facts["chain"]["links"]),
        rules=tuple(_rules(bench.policy, terms.rules, stage)),
        findings=findings,
        agreement=None if snapshot.nas is MISSING else _agreement(facts["agreement"]),
    )


def _without_lag(config: Config) -> Config:
    """After a deployment production is the commit, or it is wrong: nothing is left that it may still lag behind."""
    return replace(config, limits=replace(config.limits, max_lag=0.0))


# what a report shows of the derived facts, whatever its rules read
_LONGEST_NOTE = 2_000
_SHOWN = frozenset(("chain", "protection", "routine"))


def _shown(snapshot: Snapshot) -> frozenset[str]:
    agreement = () if snapshot.nas is MISSING else ("agreement",)
    deployment = () if snapshot.target is MISSING else ("deployment",)
    return _SHOWN.union(agreement, deployment)


def _deployment(facts: Mapping[str, Any]) -> str:
    return str(facts["deployment"]["text"]) if "deployment" in facts else ""


def _agreement(facts: Mapping[str, Any]) -> Agreement:
    return Agreement(
        statements=tuple(Statement(**one) for one in facts["statements"]),
        steps=tuple(Step(**link) for link in facts["links"]),
        broken_at=facts["broken_at"],
        active=facts["active"],
    )


def _roots(compiled: Sequence[CompiledRule]) -> frozenset[str]:
    """The roots that rules name, in what decides and in what they say."""
    decided = {pointer.split("/")[1] for one in compiled for pointer in one.reads}
    return frozenset(decided | {use.root for one in compiled for use in one.roots})


def _facts(snapshot: Snapshot, encoded: Mapping[str, Any], config: Config, wanted: frozenset[str]) -> dict[str, Any]:
    """The facts as rules see them, JSON-ready, by root; of the derived ones only those that are wanted."""
    derived = {name: load("derive", name).derive(snapshot, config) for name in names("derive") if name in wanted}
    made = {**derived, "config": config_facts(config), "limits": limits_facts(config)}
    own = {name: value for name, value in encoded.items() if isinstance(value, dict)}
    return {**own, **{name: encode(value) for name, value in made.items()}}


def _allowed(facts: Mapping[str, Any]) -> Iterator[str]:
    """What the policy file allows although the standard forbids it, each use of it."""
    for text in facts["protection"].get("allowed", ()):
        yield f"allowed by gitea.allow: {text}"


def _unsearched(facts: Mapping[str, Any]) -> Iterator[str]:
    """The keys whose values can't be searched for: what passes says nothing of them."""
    skipped = facts.get("own_value", {}).get("skipped", ())
    if skipped:
        names = ", ".join(f"{one['name']} ({one['why']})" for one in skipped)
        yield f"own values that are not searched for: {short(names, _LONGEST_NOTE)}"


def _status(name: str, snapshot: Snapshot, config: Config) -> SourceStatus:
    """How the source fared; one that the policy file doesn't name is not configured, unless its facts were brought."""
    run: SourceRun | None = next((run for run in snapshot.sources if run.name == name), None)
    # the search of secrets asks what its command names, whatever a policy file says
    configured = run is not None if snapshot.mode == "secrets" else load("collectors", name).configured(config)
    if not configured and (run is None or run.status != "brought"):
        return SourceStatus(name=name, status="not-configured")
    if run is None:
        return SourceStatus(name=name, status="unavailable", error="it was not asked when this snapshot was taken")
    facts = getattr(snapshot, name, MISSING)
    gaps: tuple[Gap, ...] = () if facts is MISSING else facts.gaps
    status: str = run.status
    if name == "gitea" and snapshot.canon is not MISSING and status in ("ok", "partial"):
        gaps = (*gaps, *_canon_gaps(snapshot.canon))
        status = "partial" if gaps else "ok"
    engines = facts.engines if isinstance(facts, Leaks) else MISSING
    return SourceStatus(
        name=name, status=status, took_seconds=run.took_seconds, error=run.error, gaps=gaps, engines=engines
    )


def _canon_gaps(canon: Canon) -> tuple[Gap, ...]:
    """The trees of commits are Gitea's: what can't be read of them is its fault."""
    return canon.gaps if canon.available else (Gap(pointer="/canon", reason=canon.error or "unavailable"),)


def _rules(policy: Policy, globs: Sequence[str], stage: str | None) -> Sequence[RuleSummary]:
    return [
        RuleSummary(
            id=rule.id,
            invariant=rule.invariant,
            severity=rule.severity,
            title=rule.title,
            rationale=rule.rationale,
            remediation=rule.remediation,
            tags=rule.tags,
            needs_rights=rule.needs_rights,
            judged=rule.enabled and asked(rule, globs, stage),
            reason=rule.disabled_reason if not rule.enabled else None if asked(rule, globs, stage) else "not asked for",
        )
        for rule in policy.rules
    ]
