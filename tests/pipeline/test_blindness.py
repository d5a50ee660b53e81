"""Which rules see a drift: each change is a possible snapshot, and what no change moves is blind, with its reason."""

from dataclasses import replace

import pytest

from auditor.model.codec import decode, encode
from auditor.model.facts.dotenv import EnvFile
from auditor.model.facts.local import Local, Stash
from auditor.model.facts.snapshot import Snapshot
from auditor.pipeline.blindness import Sight, sights
from auditor.pipeline.evaluation import Bench
from auditor.pipeline.mutation import mutants

from .conftest import AHEAD, MOMENT, WHOLE, ahead_of


@pytest.fixture
def lived_in(snapshot: Snapshot) -> Snapshot:
    """A clone with something of several kinds in it."""
    local = replace(
        WHOLE,
        stashes=(Stash(name="stash@{0}", commit="3" * 40, created_at=MOMENT, message="Later"),),
        env_files=(EnvFile(path=".env", tracking="ignored", in_head=False, kind="file", readable_by_others=False),),
    )
    return replace(snapshot, local=local)


def seen(snapshot: Snapshot, bench: Bench) -> dict[str, Sight]:
    return {one.rule_id: one for one in sights(snapshot, bench, lambda: True)}


def test_every_change_is_a_snapshot_that_could_be_stored_and_is_another_one(lived_in: Snapshot) -> None:
    changes = list(mutants(lived_in))
    assert len({one.text for one in changes}) > 50
    for one in changes:
        assert one.snapshot != lived_in, one.text
        assert decode(Snapshot, encode(one.snapshot)) == one.snapshot, one.text
        assert replace(one.snapshot, local=lived_in.local) == lived_in


@pytest.mark.parametrize(
    "text",
    [
        "local.main.ahead_count: '0' → '1'",
        "local.stashes[0].created_at: '2026-02-01T03:00:00Z' → '2000-01-01T00:00:00Z'",
        "local.stashes loses all of 1",
        "local.untracked gains an element",
        "local.env_files[0].readable_by_others: 'False' → 'True'",
        "local.detached appears",
        "local.main.behind_since appears",
        "local.head.kind: 'branch' → 'detached'",
    ],
)
def test_values_flags_lists_and_moments_are_changed(lived_in: Snapshot, text: str) -> None:
    assert text in {one.text for one in mutants(lived_in)}


def test_what_was_not_observed_is_not_changed(lived_in: Snapshot) -> None:
    dark = replace(lived_in, local=Local(available=False, error="asleep", observed_at=MOMENT))
    assert list(mutants(dark)) == []


def test_the_rules_of_the_clone_fire_and_name_the_change(lived_in: Snapshot, bench: Bench) -> None:
    found = seen(lived_in, bench)
    firing = {
        "local-main-not-ahead",
        "local-main-fresh",
        "local-work-published",
        "local-git-hides-nothing",
        "local-tls-verified",
        "secrets-env-not-tracked",
        "secrets-none-in-remotes",
        "secrets-env-files-private",
    }
    assert {rule: found[rule].state for rule in firing} == dict.fromkeys(firing, "fires")
    assert found["local-main-fresh"].why.startswith("local.main.behind_")


def test_a_blind_rule_says_why(lived_in: Snapshot, bench: Bench) -> None:
    found = seen(replace(lived_in, local=replace(ahead_of((AHEAD,)), stashes=())), bench)
    assert (found["gitea-main-protected"].state, found["gitea-main-protected"].why) == (
        "blind",
        "gitea is not configured",
    )
    assert (found["local-main-not-ahead"].state, found["local-main-not-ahead"].why) == (
        "fails",
        f"local:commit:{AHEAD.commit}",
    )
    assert "audit itself" in found["audit-waivers-live"].why


def test_every_rule_is_told_of_in_the_policys_order(lived_in: Snapshot, bench: Bench) -> None:
    assert [one.rule_id for one in sights(lived_in, bench, lambda: True)] == [one.id for one in bench.policy.rules]


def test_what_was_not_tried_in_time_is_not_called_blind_for_good(lived_in: Snapshot, bench: Bench) -> None:
    found = {one.rule_id: one for one in sights(lived_in, bench, lambda: False)}
    assert found["local-main-fresh"].why == "not found in the time given: raise --timeout"
