"""A site's own values from end to end: told by some, looked for in what others heard, and nowhere in the snapshot."""

import copy
import pickle
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from auditor.confidence import Confidence, Mark, Told
from auditor.config import Config, Nas, Secrets
from auditor.config.loader import load_standard
from auditor.derive import own_value
from auditor.detector.own_value import mark_of, own_marks
from auditor.errors import SourceError
from auditor.interfaces import Context
from auditor.model.codec import canonical, encode
from auditor.model.facts.gitea import Branch, Gitea
from auditor.model.facts.leaks import LeakPlace
from auditor.model.facts.local import Local
from auditor.model.facts.nas import Nas as NasFacts
from auditor.model.facts.own import OwnPlace
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.model.rules import Outcome
from auditor.pipeline.collection import Request, collect
from auditor.pipeline.evaluation import Bench, Terms, evaluate, prepare, snapshot_text
from auditor.text import time_text

from .conftest import FakeCollector

RULE = "secrets-own-values-nowhere"
DULL, REAL, NAS_VALUE = "opal-garnet-ruby", secrets.token_urlsafe(24), "rosebud-of-the-nas"
AT = "2026-02-01T03:00:00Z"
Act = Callable[[Context], Any]


def site(config: Config) -> Config:
    return replace(config, nas=Nas(ssh="a@nas.lan:22", root="/volume1/site", slots=()))


def alone(context: Context) -> Local:
    """A clone that tells its values, and nothing else."""
    values = [("local:env:.env#A_PASSWORD", "A_PASSWORD", DULL), ("local:env:.env#PIN", "PIN", "1234")]
    marks, skipped = own_marks([*values, ("local:env:.env#B_TOKEN", "B_TOKEN", REAL)], context.own.key.encode())
    context.own.tell("local", Told(marks, skipped, "same"))
    return Local(available=True, observed_at=time_text(context.now))


def local(context: Context) -> Local:
    context.own.hear("local", ".git/config", f"url = https://ada:{NAS_VALUE}@git.example.net/x.git\n".encode())
    return alone(context)


def nas(context: Context) -> NasFacts:
    mark = Mark("nas:env:.env#DB_PASSWORD", mark_of(NAS_VALUE.encode(), context.own.key.encode()))
    context.own.tell("nas", Told((mark,), (), "same"))
    context.own.hear("nas", "image:blue:env:DB", f"DB={REAL}".encode())
    return NasFacts(available=True, observed_at=AT, access="probe", slots=(), releases=())


def gitea(context: Context) -> Gitea:
    context.own.hear("gitea", "variable:NOTE", f"ask for {DULL}".encode())
    return Gitea(available=True, observed_at=AT, branches=(Branch(name=f"try/{DULL}", commit="a" * 40),))


def leaks(context: Context) -> Local:
    assert {mark.name for mark in context.own.marks} >= {"local:env:.env#A_PASSWORD", "nas:env:.env#DB_PASSWORD"}
    found = LeakPlace(
        origin="gitea", where="file", object="b" * 40, path=f"{DULL}/x.md", line=3, tips=("refs/heads/main",)
    )
    context.own.find([OwnPlace(name="local:env:.env#A_PASSWORD", source="gitea", place="", line=3, object=found)])
    return Local(available=True, observed_at=AT)


@dataclass
class _Source(FakeCollector):
    """A source whose facts are those of the NAS where it stands for that."""

    is_nas: bool = False

    def unavailable(self, reason: str, now: datetime) -> Any:
        at = time_text(now)
        if self.is_nas:
            return NasFacts(available=False, error=reason, observed_at=at, access="probe")
        return Local(available=False, error=reason, observed_at=at)


ALL: Mapping[str, tuple[Act, int]] = {"local": (local, 1), "gitea": (gitea, 1), "nas": (nas, 1), "canon": (leaks, 2)}


def collected(config: Config, acts: Mapping[str, tuple[Act, int]] = ALL, **changes: Any) -> Snapshot:
    collectors = {name: _Source(act, ROUND=number, is_nas=name == "nas") for name, (act, number) in acts.items()}
    given = {"config": site(config), "mode": "audit", "timeout": 20, "collectors": collectors, **changes}
    return collect(Request(**given))


@pytest.fixture(scope="module")
def bench() -> Bench:
    return prepare(load_standard(Config(id="own")), None)


def judged(snapshot: Snapshot, config: Config, bench: Bench) -> Report:
    return evaluate(snapshot, replace(bench, config=config), Terms(rules=(RULE,)))


def test_each_value_is_found_wherever_another_source_heard_it(config: Config, bench: Bench) -> None:
    snapshot = collected(config)
    report = judged(snapshot, site(config), bench)
    found = {one.subject: one.message for one in report.findings if one.outcome is Outcome.FAIL}
    assert set(found) == {"local:env:.env#A_PASSWORD", "local:env:.env#B_TOKEN", "nas:env:.env#DB_PASSWORD"}
    assert found["nas:env:.env#DB_PASSWORD"].endswith("stands in local: .git/config")
    assert found["local:env:.env#B_TOKEN"].endswith("stands in nas: image:blue:env:DB")
    assert "and 1 more places" in found["local:env:.env#A_PASSWORD"]
    (note,) = [note for note in report.run.notes if "not searched for" in note]
    assert "local:env:.env#PIN (its value is shorter" in note


def test_no_value_and_no_hmac_of_one_is_in_snapshot_or_report(config: Config, bench: Bench) -> None:
    keys: list[str] = []

    def spying(context: Context) -> Local:
        keys.append(context.own.key)
        return local(context)

    snapshot = collected(config, {**ALL, "local": (spying, 1)})
    report = judged(snapshot, site(config), bench)
    for text in (snapshot_text(snapshot), canonical(encode(report)), repr(snapshot)):
        for value in (DULL, REAL, NAS_VALUE):
            assert value not in text
            assert mark_of(value.encode(), keys[0].encode()) not in text
        assert keys[0] not in text
    assert snapshot.gitea is not MISSING
    assert snapshot.gitea.branches == (Branch(name="try/…", commit="a" * 40),)


def test_what_was_told_in_confidence_has_no_form_that_could_be_passed_on() -> None:
    own = Confidence(listening=True)
    own.hear("site", "public:/", b"text")
    for pass_on in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="in confidence"):
            pass_on(own)
    assert own.key not in repr(own)
    assert "text" not in repr(own.heard)
    assert Confidence().key != own.key


def test_a_clean_site_passes_with_the_number_of_values(config: Config, bench: Bench) -> None:
    acts = {"local": (alone, 1)}
    snapshot = collected(replace(config, gitea=None), acts)
    (finding,) = judged(snapshot, replace(config, gitea=None), bench).findings
    assert (finding.outcome, finding.message.endswith("(2 looked at)")) == (Outcome.PASS, True)


def test_a_source_that_says_nothing_leaves_it_unknown(config: Config, bench: Bench) -> None:
    def asleep(_context: Context) -> NasFacts:
        raise SourceError("it sleeps")

    def silent(_context: Context) -> NasFacts:
        return NasFacts(available=True, observed_at=AT, access="probe", slots=(), releases=())

    def losing(context: Context) -> NasFacts:
        context.own.lose("nas", "an env file could not be read")
        return silent(context)

    clean = {"local": (alone, 1)}
    for act in (asleep, silent, losing):
        snapshot = collected(config, {**clean, "nas": (act, 1)})
        outcomes = {one.outcome for one in judged(snapshot, site(config), bench).findings}
        assert outcomes == {Outcome.UNKNOWN}


def test_a_gate_and_a_site_without_own_values_do_not_ask(config: Config, bench: Bench) -> None:
    gate = collected(config, mode="proposer")
    assert gate.own is MISSING
    without = replace(config, secrets=Secrets(own_values=()))
    snapshot = collected(without, {"local": ALL["local"]})
    assert snapshot.own is MISSING
    for one, policy in ((gate, site(config)), (snapshot, site(without))):
        assert own_value.derive(one, policy).asked is False
        assert [finding.outcome for finding in judged(one, policy, bench).findings] == [Outcome.NOT_APPLICABLE]


def test_an_older_snapshot_is_unknown_and_no_pass(config: Config, bench: Bench) -> None:
    older = replace(collected(config), own=MISSING)
    assert {one.outcome for one in judged(older, site(config), bench).findings} == {Outcome.UNKNOWN}


def brought_to(config: Config, laptop: Snapshot) -> Snapshot:
    acts = {name: act for name, act in ALL.items() if name not in ("local", "canon")}
    return collected(config, acts, brought=(laptop,))


def test_the_values_of_a_clone_elsewhere_come_with_what_was_found_there(config: Config, bench: Bench) -> None:
    found = {one.subject for one in judged(brought_to(config, collected(config)), site(config), bench).findings}
    assert {"local:env:.env#A_PASSWORD", "local:env:.env#B_TOKEN"} <= found
    clean = {"local": (alone, 1)}
    (doubt,) = judged(brought_to(config, collected(config, clean)), site(config), bench).findings
    assert doubt.outcome is Outcome.UNKNOWN
    assert "collect there without --only" in doubt.message
    older = brought_to(config, replace(collected(config, clean), own=MISSING))
    assert "hold no search" in judged(older, site(config), bench).findings[0].message


def test_what_could_not_be_searched_here_is_no_doubt_once_it_was_brought(config: Config, bench: Bench) -> None:
    def gone(_context: Context) -> Local:
        raise SourceError("no such folder")

    laptop = collected(config, {"local": (alone, 1)})
    here = {"local": (gone, 1), "leaks": (gone, 2)}
    for brought in ((laptop,), (laptop, laptop)):
        snapshot = collected(config, here, brought=brought)
        assert snapshot.own is not MISSING
        assert [gap.reason for gap in snapshot.own.gaps if gap.reason.startswith("local")] == []
        assert [one.name for one in snapshot.own.keys or ()] == [
            "local:env:.env#A_PASSWORD",
            "local:env:.env#B_TOKEN",
            "local:env:.env#PIN",
        ]
