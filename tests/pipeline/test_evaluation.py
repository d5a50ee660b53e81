"""From a snapshot to a report: the same bytes, every source's fate, every rule listed."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.config import Config
from auditor.config.loader import load_config
from auditor.interfaces import Style
from auditor.model.facts.dotenv import EnvFile, IgnoreProbe, TrackedEnvFile
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.git_config import CredentialPlace, Origin, TlsSwitch
from auditor.model.facts.local import Branch, Change, HiddenPath, Local, Stash, UntrackedFile
from auditor.model.facts.snapshot import Snapshot, SourceRun
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.evaluation import Bench, Terms, evaluate, prepare
from auditor.plugins import load

from .conftest import AHEAD, COMMIT, WHOLE, ahead_of


def outcomes(report: Report) -> dict[str, set[Outcome]]:
    found: dict[str, set[Outcome]] = {}
    for finding in report.findings:
        found.setdefault(finding.rule_id, set()).add(finding.outcome)
    return found


def status(report: Report, name: str = "local") -> str:
    return next(source.status for source in report.sources if source.name == name)


def test_the_same_snapshot_gives_the_same_bytes_in_every_format(snapshot: Snapshot, bench: Bench) -> None:
    drifted = replace(snapshot, local=ahead_of((AHEAD,)))
    for name in ("json", "console"):
        texts = {load("formats", name).render(evaluate(drifted, bench, Terms()), Style(verbosity=2)) for _ in range(2)}
        assert len(texts) == 1


def test_id_and_times_are_the_snapshots_own(snapshot: Snapshot, bench: Bench) -> None:
    run = evaluate(snapshot, bench, Terms()).run
    assert (run.id, run.site, run.started_at, run.finished_at, run.mode) == (
        snapshot.id, snapshot.site_id, snapshot.started_at, snapshot.finished_at, "audit",
    )  # fmt: skip
    other = evaluate(replace(snapshot, finished_at="2026-02-01T03:00:01Z"), bench, Terms()).run
    assert other.snapshot_sha256 != run.snapshot_sha256
    assert other.policy_sha256 == run.policy_sha256


@pytest.mark.parametrize("fate", ["ok", "partial", "unavailable", "left-out", "brought"])
def test_each_sources_fate_is_in_the_report(snapshot: Snapshot, bench: Bench, fate: Any) -> None:
    run = SourceRun(name="local", status=fate, took_seconds=0.5, error="asleep" if fate == "unavailable" else None)
    facts: Any = WHOLE
    if fate == "unavailable":
        facts = Local(available=False, error="asleep", observed_at=WHOLE.observed_at)
    if fate == "left-out":
        facts = MISSING
    report = evaluate(replace(snapshot, sources=(run,), local=facts), bench, Terms())
    assert status(report) == fate
    assert {status(report, name) for name in ("gitea", "nas", "site")} == {"not-configured"}
    judged = outcomes(report)["local-main-not-ahead"]
    expected = {"unavailable": Outcome.UNKNOWN, "left-out": Outcome.NOT_APPLICABLE}.get(fate, Outcome.PASS)
    assert judged == {expected}


def test_a_source_that_the_policy_does_not_name_is_not_judged_unless_it_was_brought(
    snapshot: Snapshot, bench: Bench
) -> None:
    bare = replace(bench, config=Config(id="site"))
    drifted = replace(snapshot, local=ahead_of((AHEAD,)))
    report = evaluate(drifted, bare, Terms())
    assert status(report) == "not-configured"
    assert outcomes(report)["local-main-not-ahead"] == {Outcome.NOT_APPLICABLE}
    brought = replace(drifted, sources=(replace(snapshot.sources[0], status="brought"),))
    assert outcomes(evaluate(brought, bare, Terms()))["local-main-not-ahead"] == {Outcome.FAIL}


def test_the_gaps_of_a_source_are_in_the_report_and_make_the_audit_itself_unknown(
    snapshot: Snapshot, bench: Bench
) -> None:
    gap = Gap(pointer="/local/stashes", reason="object 1 is missing", remedy="git fsck")
    local = replace(WHOLE, stashes=MISSING, gaps=(gap,))
    report = evaluate(replace(snapshot, local=local), bench, Terms())
    assert next(source.gaps for source in report.sources if source.name == "local") == (gap,)
    assert outcomes(report)["local-work-published"] == {Outcome.UNKNOWN}
    assert outcomes(report)["audit-sources-observed"] == {Outcome.UNKNOWN}
    assert report.verdict == "inconclusive"


def test_rules_that_are_asked_for_say_what_they_say_among_all(snapshot: Snapshot, bench: Bench) -> None:
    gap = Gap(pointer="/local/stashes", reason="object 1 is missing", remedy="git fsck")
    drifted = replace(snapshot, local=replace(ahead_of((AHEAD,)), stashes=MISSING, gaps=(gap,)))
    whole = [one for one in evaluate(drifted, bench, Terms()).findings if one.rule_id != "audit-sources-observed"]
    for rule in {one.rule_id for one in whole}:
        alone = evaluate(drifted, bench, Terms(rules=(rule,))).findings
        assert list(alone) == [one for one in whole if one.rule_id == rule]


def test_every_rule_is_listed_and_a_disabled_one_says_why(tmp_path: Path, snapshot: Snapshot) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(
        "schema: 1\nid: site\nlocal: {path: .}\n"
        "rules: [{id: local-main-fresh, enabled: false, reason: nobody merges here}]\n"
    )
    bench = prepare(load_config(file), None)
    report = evaluate(snapshot, bench, Terms(rules=("local-*",)))
    listed = {rule.id: rule for rule in report.rules}
    assert set(listed) == {rule.id for rule in bench.policy.rules}
    assert (listed["local-main-fresh"].judged, listed["local-main-fresh"].reason) == (False, "nobody merges here")
    assert (listed["secrets-env-ignored"].judged, listed["secrets-env-ignored"].reason) == (False, "not asked for")
    assert (listed["local-main-not-ahead"].judged, listed["local-main-not-ahead"].reason) == (True, None)
    judged = {finding.rule_id for finding in report.findings}
    assert "local-main-fresh" not in judged
    assert judged == {rule.id for rule in report.rules if rule.judged}


def test_the_summary_counts_findings_and_waived_ones_alone(tmp_path: Path, snapshot: Snapshot) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(
        "schema: 1\nid: site\nlocal: {path: .}\nwaivers:\n"
        "- {rule: local-main-not-ahead, subject: 'local:commit:" + AHEAD.commit + "',"
        " owner: a@example.net, reason: known, expires: '2026-12-31'}\n"
    )
    other = replace(AHEAD, commit="3" * 40)
    local = replace(
        ahead_of((AHEAD, other)), staged=(Change(path="a", kind="added", changed_at="2020-01-01T00:00:00Z"),)
    )
    report = evaluate(replace(snapshot, local=local), prepare(load_config(file), None), Terms())
    summary, findings = report.summary, report.findings
    assert (summary.fail, summary.waived) == (2, 1)
    assert (summary.by_severity.high, summary.by_severity.low) == (1, 1)
    assert summary.pass_ + summary.fail + summary.unknown + summary.not_applicable + summary.waived == len(findings)
    assert report.verdict == "non-compliant"
    assert outcomes(report)["audit-waivers-live"] == {Outcome.PASS}


# a clone in which every rule has something to say, and much of it is wrong
ORIGIN = Origin(level="local", file="/home/a/clone/.git/config", line=3)
BUSY = replace(
    ahead_of((AHEAD,)),
    branches=(
        Branch(
            name="feat/x", commit=COMMIT, upstream=None, ahead=None, behind=None, unpublished_count=1,
            unpublished_since="2020-01-01T00:00:00Z", unpublished=(AHEAD,),
        ),
    ),
    stashes=(Stash(name="stash@{0}", commit=COMMIT, created_at="2020-01-01T00:00:00Z", message="x", published=False),),
    unstaged=(Change(path="b", kind="modified", changed_at="2020-01-01T00:00:00Z"),),
    untracked=(UntrackedFile(path="c", changed_at="2020-01-01T00:00:00Z"),),
    hidden=(
        HiddenPath(
            path="d", assume_unchanged=True, skip_worktree=False, state="modified", differs=True,
            changed_at="2020-01-01T00:00:00Z",
        ),
    ),
    credentials=(
        CredentialPlace(
            kind="remote", name="origin", key="remote.origin.url", credential_kind="token", url=None, origin=ORIGIN
        ),
    ),
    tls_switches=(TlsSwitch(key="http.sslVerify", scope=None, origin=ORIGIN, overridden=False, remotes=("origin",)),),
    env_files=(
        EnvFile(
            path=".env", tracking="tracked", in_head=True, kind="file", mode="0644", readable_by_group=True,
            readable_by_others=True, keys=(),
        ),
    ),
    tracked_env_files=(TrackedEnvFile(branch="main", path=".env", blob=COMMIT),),
    env_ignore=(IgnoreProbe(path=".env", ignored=False, file=None, line=None, pattern=None),),
)  # fmt: skip
OPTIONAL = [
    field.name for field in fields(Local) if field.default is MISSING and field.name not in ("path", "git_dir", "head")
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([WHOLE, BUSY]), st.sets(st.sampled_from(OPTIONAL)), st.booleans())
def test_withdrawing_facts_never_turns_fail_or_unknown_into_pass(
    bench: Bench, local: Local, withdrawn: set[str], told: bool
) -> None:
    snapshot = Snapshot(
        schema_version=1, tool_version="0", id="x", site_id="site", mode="audit", started_at=WHOLE.observed_at,
        finished_at=WHOLE.observed_at, sources=(SourceRun(name="local", status="ok"),), local=local,
    )  # fmt: skip
    gaps = tuple(Gap(pointer=f"/local/{name}", reason=f"no {name}") for name in sorted(withdrawn) if told)
    less: dict[str, Any] = dict.fromkeys(withdrawn, MISSING)
    poorer = replace(snapshot, local=replace(local, gaps=gaps, **less))
    before, after = (outcomes(evaluate(one, bench, Terms())) for one in (snapshot, poorer))
    for rule, seen in before.items():
        if rule.startswith("audit-"):
            continue
        if seen & {Outcome.FAIL, Outcome.UNKNOWN}:
            assert after[rule] & {Outcome.FAIL, Outcome.UNKNOWN}, rule
            assert Outcome.PASS not in after[rule], rule


@pytest.mark.parametrize("withdrawn", OPTIONAL)
def test_withdrawing_one_fact_never_makes_a_busy_clone_better(snapshot: Snapshot, bench: Bench, withdrawn: str) -> None:
    before = outcomes(evaluate(replace(snapshot, local=BUSY), bench, Terms()))
    less: dict[str, Any] = {withdrawn: MISSING}
    after = outcomes(evaluate(replace(snapshot, local=replace(BUSY, **less)), bench, Terms()))
    better = {
        rule for rule in before if Outcome.FAIL in before[rule] and not after[rule] & {Outcome.FAIL, Outcome.UNKNOWN}
    }
    assert not better


def test_without_its_source_no_rule_of_it_passes(snapshot: Snapshot, bench: Bench) -> None:
    dark = Local(available=False, error="asleep", observed_at=WHOLE.observed_at)
    run = SourceRun(name="local", status="unavailable", error="asleep")
    report = evaluate(replace(snapshot, sources=(run,), local=dark, earlier=Earlier(run=None)), bench, Terms())
    found = outcomes(report)
    assert {rule for rule, seen in found.items() if Outcome.PASS in seen and not rule.startswith("audit-")} == set()
    assert found["audit-sources-observed"] == {Outcome.UNKNOWN}
    reasons = {finding.message for finding in report.findings if finding.outcome is Outcome.UNKNOWN}
    unasked = "leaks is unavailable: it was not asked when this snapshot was taken"
    assert reasons == {"local is unavailable: asleep", unasked}, "one cause has one reason"
