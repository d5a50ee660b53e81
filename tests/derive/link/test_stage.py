"""What a stage of the gate judges of what is served: before a switch its slot alone, else every origin."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Config, Gitea
from auditor.config import Site as Section
from auditor.derive.link import Links, derive
from auditor.model.facts.nas import Nas, NasSlot
from auditor.model.facts.site import Exposed, IssueLink, Place, Serving, Site
from auditor.model.facts.site import Target as LinkTarget
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.facts.target import Stage, Target
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

BASE, NOW = "https://git.example.net", "2026-02-01T03:00:00Z"
CONFIG = Config(
    id="site", gitea=Gitea(base=BASE, owner="Acme", repo="site"), site=Section(url="https://www.example.net/")
)
ENV = Exposed(path="/.env", kind="env-file", status=200, holds_secret=True)


def serving(origin: str, owner: str) -> Serving:
    link = IssueLink(base=BASE, owner=owner, repo="site", tier="attribute", place=Place(path="/"))
    return Serving(origin=origin, address="x", links=(link,), secrets=())


def slot(name: str, owner: str, *exposed: Exposed) -> NasSlot:
    return NasSlot(name=name, port=8081, serving=serving(f"slot:{name}", owner), exposed=exposed)


def aimed(owner: str, *, configured: bool = False) -> LinkTarget:
    return LinkTarget(base=BASE, owner=owner, repo="site", configured=configured, asked=True)


def links(stage: Stage | None, *, slots: tuple[NasSlot, ...], chosen: Any = "green", **gaps: Any) -> Links:
    site = Site(
        available=True,
        observed_at=NOW,
        public=serving("public", "Old"),
        exposed=(ENV,),
        targets=(aimed("Acme", configured=True), aimed("Old"), aimed("New")),
        gaps=gaps.get("site", ()),
    )
    nas = Nas(available=True, observed_at=NOW, access="probe", slots=slots, gaps=gaps.get("nas", ()))
    return derive(
        Snapshot(
            schema_version=SCHEMA_VERSION,
            tool_version="0",
            id="0",
            site_id="site",
            mode="gate",
            started_at=NOW,
            finished_at=NOW,
            sources=(),
            site=site,
            nas=nas,
            target=MISSING if stage is None else Target(stage=stage, slot=chosen),
        ),
        CONFIG,
    )


def faults(found: Links) -> set[tuple[str, str]]:
    assert found.values is not MISSING
    return {(one.origin, one.value) for one in found.values if one.fault}


BLUE_OLD, GREEN_RIGHT, GREEN_NEW = slot("blue", "Old", ENV), slot("green", "Acme"), slot("green", "New", ENV)


def test_a_switch_to_a_right_slot_is_not_kept_out_by_what_it_cures() -> None:
    found = links("switch", slots=(BLUE_OLD, GREEN_RIGHT))
    assert faults(found) == set()
    assert found.leaks == ()
    assert found.targets is not MISSING
    assert [one.name for one in found.targets] == ["Acme/site"]


def test_a_switch_is_kept_out_by_its_own_slot() -> None:
    found = links("switch", slots=(slot("blue", "Acme"), GREEN_NEW))
    assert faults(found) == {("slot:green", "New")}
    assert found.leaks is not MISSING
    assert [one.places for one in found.leaks] == [("slot:green:/.env",)]
    assert found.targets is not MISSING
    assert [one.name for one in found.targets] == ["Acme/site", "New/site"]


@pytest.mark.parametrize("stage", [None, "deploy", "after"])
def test_at_any_other_time_every_origin_counts(stage: Stage | None) -> None:
    found = links(stage, slots=(BLUE_OLD, GREEN_RIGHT))
    assert faults(found) == {("public", "Old"), ("slot:blue", "Old")}
    assert found.leaks is not MISSING
    assert [one.places for one in found.leaks] == [("public:/.env", "slot:blue:/.env")]


def test_what_was_not_seen_of_the_slot_leaves_a_switch_unknown_and_of_others_does_not() -> None:
    unseen = replace(GREEN_RIGHT, serving=MISSING, exposed=MISSING)
    gaps = [Gap(pointer=f"/nas/slots/{index}/serving", reason=f"slot {index}") for index in (0, 1)]
    site = (Gap(pointer="/site/public", reason="down"), Gap(pointer="/site/exposed", reason="down"))
    found = links("switch", slots=(BLUE_OLD, unseen), nas=tuple(gaps), site=site)
    assert found.values is MISSING
    assert {gap.reason for gap in found.gaps if gap.pointer in ("/link/values", "/link/leaks")} == {"slot 1"}
    assert {gap.pointer for gap in found.gaps if gap.reason == "slot 1"} >= {"/link/values", "/link/leaks"}


def test_a_gap_of_a_target_stays_with_its_target() -> None:
    gap = Gap(pointer="/site/targets/2/record", reason="the server refused")
    found = links("switch", slots=(BLUE_OLD, GREEN_NEW), site=(gap,))
    reasons = {one.pointer: one.reason for one in found.gaps if one.pointer.startswith("/link/targets/")}
    assert reasons["/link/targets/1/exists"] == "the server refused"
    assert reasons["/link/targets/0/exists"] != "the server refused"
    left_out = links("switch", slots=(BLUE_OLD, GREEN_RIGHT), site=(gap,))
    assert "the server refused" not in {one.reason for one in left_out.gaps}


def test_without_a_known_slot_everything_counts() -> None:
    found = links("switch", slots=(BLUE_OLD, GREEN_RIGHT), chosen=MISSING)
    assert faults(found) == {("public", "Old"), ("slot:blue", "Old")}
