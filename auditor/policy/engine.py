"""Judges compiled rules over facts; pure: the same facts, rules and moment give the same findings.

A fact that was not observed makes a rule unknown, never passed and never failed (policy.md §7).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.model.codec import canonical
from auditor.model.findings import EvidenceValue, Finding, Location
from auditor.model.rules import Outcome, Rule
from auditor.policy.compiler import CompiledRule, Part, source_of
from auditor.policy.expressions import INDEX, ITEMS, Absent, Fault, Scope
from auditor.policy.observation import Observation, items_at, visible
from auditor.policy.reading import covers, element_of, touches
from auditor.policy.template import shown
from auditor.text import printable, short

# more would run into CEL's fixed limit of 10,000 iterations in one evaluation (policy.md §5.1)
CHUNK = 256
MESSAGE_LIMIT = 1024
EVIDENCE_LIMIT = 4096

Evaluate = Callable[[bytes], Any]
_TOLD = (Outcome.FAIL, Outcome.UNKNOWN)


@dataclass(frozen=True)
class Verdict:
    """What one evaluation said; an unknown has its reason and, where there is one, the way to observe it."""

    outcome: Outcome
    reason: str | None = None
    remedy: str | None = None


def judge(rules: Sequence[CompiledRule], observation: Observation) -> tuple[Finding, ...]:
    """The findings of all `rules`, in their order; rules over one list share its conversion."""
    found: dict[str, list[Finding]] = {}
    lists: dict[str, list[CompiledRule]] = {}
    for compiled in rules:
        reason = _absence(compiled.needs, observation.absent)
        if reason is not None:
            found[compiled.rule.id] = [_collective(compiled, Verdict(Outcome.NOT_APPLICABLE, reason))]
        elif compiled.rule.for_each is None:
            found[compiled.rule.id] = [_judge_whole(compiled, observation)]
        else:
            lists.setdefault(compiled.rule.for_each, []).append(compiled)
    for path, group in lists.items():
        found |= _judge_list(path, group, observation)
    return tuple(finding for compiled in rules for finding in _doubted(compiled, found[compiled.rule.id], observation))


def _absence(needs: Sequence[str], absent: Mapping[str, str]) -> str | None:
    """Why a rule has nothing to judge: a source that it needs is not there, or none of both that `local|nas` names."""
    reasons = ([absent.get(name) for name in need.split("|")] for need in needs)
    return next((" and ".join(filter(None, known)) for known in reasons if None not in known), None)


def _doubted(compiled: CompiledRule, findings: list[Finding], observation: Observation) -> list[Finding]:
    """`findings`, with an unknown where the rule read something that is there but not whole (a list that was cut)."""
    decided = {finding.outcome for finding in findings}
    if Outcome.UNKNOWN in decided or any(finding.outcome is Outcome.NOT_APPLICABLE for finding in findings):
        return findings
    gap = next((gap for gap in observation.gaps if _weighs(gap.pointer, compiled, observation)), None)
    if gap is None:
        return findings
    doubt = _collective(compiled, Verdict(Outcome.UNKNOWN, gap.reason, gap.remedy))
    return [finding for finding in findings if finding.outcome is Outcome.FAIL] + [doubt]


def _weighs(gap: str, compiled: CompiledRule, observation: Observation) -> bool:
    """Whether a gap speaks of something that the rule read, and not of an element that its `when` leaves out."""
    if not any(covers(gap, read) for read in compiled.reads):
        return False
    path = compiled.rule.for_each
    if path is None or compiled.when is None:
        return True
    items, index = items_at(observation.facts, path) or [], element_of(gap, path)
    if index is None or index >= len(items):
        return True
    scope = Scope(visible([compiled], observation.facts), observation.now)
    return scope.bind({compiled.rule.variable or INDEX: items[index]})(compiled.when) is not False


def _judge_whole(compiled: CompiledRule, observation: Observation) -> Finding:
    evaluate = Scope(visible([compiled], observation.facts), observation.now).bind({})
    return _finding(compiled, _verdict(compiled, evaluate, observation, None), evaluate)


def _judge_list(path: str, group: list[CompiledRule], observation: Observation) -> dict[str, list[Finding]]:
    items = items_at(observation.facts, path)
    scope = Scope(visible(group, observation.facts), observation.now)
    nowhere = _nowhere(group, scope)
    spared = {one.rule.id: [_collective(one, _inapplicable(one.rule))] for one in nowhere}
    group = [compiled for compiled in group if compiled not in nowhere]
    if items is None:
        name = Absent(path.rsplit(".", 1)[-1])
        return spared | {one.rule.id: [_collective(one, _unknown(one, name, observation, None))] for one in group}
    tallies = [_Tally(compiled) for compiled in group]
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        evaluate = scope.bind({ITEMS: chunk})
        for tally in tallies:
            _judge_chunk(tally, scope, evaluate, chunk, start, observation)
    return spared | {tally.compiled.rule.id: tally.findings(len(items)) for tally in tallies}


def _nowhere(group: Sequence[CompiledRule], scope: Scope) -> list[CompiledRule]:
    """The rules whose `when` is false whatever the element is, so that even an empty list is no pass."""
    conditions = [(compiled, compiled.when) for compiled in group if compiled.when is not None]
    if not conditions:
        return []
    evaluate = scope.bind({})
    return [compiled for compiled, when in conditions if evaluate(when) is False]


def _inapplicable(rule: Rule) -> Verdict:
    return Verdict(Outcome.NOT_APPLICABLE, rule.otherwise or "nothing here is concerned")


def _judge_chunk(
    tally: "_Tally", scope: Scope, evaluate: Evaluate, chunk: list[Any], start: int, observation: Observation
) -> None:
    """One evaluation finds the offenders; where it can't (an absent fact, too many steps), each element has its own."""
    compiled = tally.compiled
    offenders = evaluate(compiled.offenders or b"")
    bulk = isinstance(offenders, list)
    if bulk and (compiled.applies is None or evaluate(compiled.applies) is True):
        tally.applies = True
    for index in offenders if bulk else range(len(chunk)):
        one = scope.bind({compiled.rule.variable or INDEX: chunk[index]})
        tally.add(_finding(compiled, _verdict(compiled, one, observation, start + index), one))


@dataclass
class _Tally:
    """The findings of one rule over one list, as chunks come in."""

    compiled: CompiledRule
    applies: bool = False
    worst: dict[str, Finding] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        self.applies = self.applies or finding.outcome is not Outcome.NOT_APPLICABLE
        known = self.worst.get(finding.fingerprint)
        # two elements of one subject are one finding, and its outcome is the worse one
        if finding.outcome is Outcome.FAIL or (finding.outcome is Outcome.UNKNOWN and known is None):
            self.worst[finding.fingerprint] = finding

    def findings(self, total: int) -> list[Finding]:
        rule = self.compiled.rule
        if self.worst:
            return sorted(self.worst.values(), key=lambda one: (one.outcome is not Outcome.FAIL, one.subject))
        if not total:
            return [_collective(self.compiled, Verdict(rule.empty, f"{rule.title} (0 of 0: nothing to judge)"))]
        if not self.applies:
            reason = rule.otherwise or f"none of {total} is concerned"
            return [_collective(self.compiled, Verdict(Outcome.NOT_APPLICABLE, reason))]
        return [_collective(self.compiled, Verdict(Outcome.PASS, f"{rule.title} ({total} looked at)"))]


def _verdict(compiled: CompiledRule, evaluate: Evaluate, observation: Observation, index: int | None) -> Verdict:
    if compiled.when is not None:
        applies = evaluate(compiled.when)
        if applies is False:
            return _inapplicable(compiled.rule)
        if applies is not True:
            return _unknown(compiled, applies, observation, index)
    holds = evaluate(compiled.assertion)
    if holds is True:
        return Verdict(Outcome.PASS, compiled.rule.title)
    if holds is False:
        return Verdict(Outcome.FAIL, _text(compiled.message, evaluate))
    return _unknown(compiled, holds, observation, index)


def _unknown(compiled: CompiledRule, value: Any, observation: Observation, index: int | None) -> Verdict:
    """Why a fact that the rule reads is not there: the source's own error, else the nearest gap."""
    if not isinstance(value, Absent):
        reason = value.reason if isinstance(value, Fault) else f"gave {type(value).__name__}, not true or false"
        return Verdict(Outcome.UNKNOWN, f"rule error: {reason}")
    reads = compiled.reads if index is None else _reads_of_element(compiled, index)
    for root in dict.fromkeys(pointer.split("/")[1] for pointer in reads):
        facts = observation.facts.get(root)
        if isinstance(facts, dict) and facts.get("available") is False:
            return Verdict(Outcome.UNKNOWN, f"{root} is unavailable: {facts.get('error') or 'no reason given'}")
    for gap in observation.gaps:
        if any(touches(pointer, gap.pointer) for pointer in reads):
            return Verdict(Outcome.UNKNOWN, gap.reason, gap.remedy)
    return Verdict(Outcome.UNKNOWN, f"'{value.name}' was not observed")


def _reads_of_element(compiled: CompiledRule, index: int) -> list[str]:
    """What the rule reads for one element: not the list as a whole, which has gaps of other elements too."""
    whole = "/" + (compiled.rule.for_each or "").replace(".", "/")
    return [pointer.replace("*", str(index), 1) for pointer in compiled.reads if pointer != whole]


def _finding(compiled: CompiledRule, verdict: Verdict, evaluate: Evaluate) -> Finding:
    whole = _collective(compiled, verdict)
    if compiled.rule.for_each is None and verdict.outcome not in _TOLD:
        return whole
    content = evaluate(compiled.content) if compiled.content else None
    return replace(
        whole,
        subject=_text(compiled.subject, evaluate),
        fingerprint="",
        location=_location(compiled, evaluate),
        evidence=tuple(_evidence(one.name, evaluate(one.code)) for one in compiled.evidence),
        remediation=verdict.remedy or _remediation(compiled, verdict, evaluate),
        content=content if isinstance(content, str) else None,
    )


def _remediation(compiled: CompiledRule, verdict: Verdict, evaluate: Evaluate) -> str:
    """How to mend a failure; what a witness lacks is not mended by that, but for the rules that judge the audit."""
    if verdict.outcome is Outcome.UNKNOWN and compiled.needs:
        return ""
    return _text(compiled.remediation, lambda code: _on_one_line(evaluate(code)))


def _on_one_line(value: Any) -> Any:
    """A text that can't add a line of its own to what is pasted into a shell."""
    return printable(value) if isinstance(value, str) else value


def _collective(compiled: CompiledRule, verdict: Verdict) -> Finding:
    """A finding of the rule as a whole."""
    rule = compiled.rule
    return Finding(
        rule_id=rule.id,
        invariant=rule.invariant,
        outcome=verdict.outcome,
        severity=rule.severity,
        subject=f"{source_of(rule, compiled.needs)}:rule:{rule.id}",
        message=short(verdict.reason or rule.title, MESSAGE_LIMIT),
        remediation=verdict.remedy or "",
    )


def _text(parts: Sequence[Part], evaluate: Evaluate) -> str:
    """The text of a compiled template; a part that can't be evaluated becomes `<unknown>`."""
    return "".join(part.text if part.code is None else shown(evaluate(part.code)) for part in parts)


def _location(compiled: CompiledRule, evaluate: Evaluate) -> Location | None:
    values = {one.name: evaluate(one.code) for one in compiled.location}
    line = values.pop("line", None)
    texts = {name: value for name, value in values.items() if isinstance(value, str) and value}
    known = line if isinstance(line, int) and not isinstance(line, bool) else None
    return Location(**texts, line=known) if texts or known is not None else None


def _evidence(name: str, value: Any) -> EvidenceValue:
    if isinstance(value, (Absent, Fault)):
        return EvidenceValue(name=name, value=None)
    text = value if isinstance(value, str) else canonical(_jsonable(value))
    return EvidenceValue(name=name, value=short(text, EVIDENCE_LIMIT))


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
