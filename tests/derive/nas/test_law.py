"""What was not observed never passes: withdrawing any one fact turns no failure and no doubt into a pass."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.model.facts.nas_docker import ContainerChange
from auditor.model.missing import MISSING

OTHER = "c" * 40
MAIN_ELSEWHERE = ("canon/main", OTHER, "gitea/main/commit", OTHER, "gitea/history/commits", ())
OFF_MAIN = ("canon/commits/0/on_main", False, *MAIN_ELSEWHERE)
BEHIND = ("canon/commits/0/changed_since", ("src/a.md",), "canon/commits/0/left_at", "2026-01-02T00:00:00Z")
FAULTS: dict[str, tuple[Any, ...]] = {
    "nothing": ("nas/error", None),
    "a wrong file": ("nas/releases/0/files/2/sha256", "0" * 64),
    "a release of another commit": ("nas/releases/0/git/head/commit", "b" * 40),
    "a rewritten release": ("nas/releases/1/files/2/sha256", "0" * 64),
    "a link elsewhere": ("nas/current/release", None),
    "a link that moved": ("nas/current/unchanged", False),
    "an image of another commit": ("nas/slots/0/container/image/commit", "b" * 40),
    "a container not recreated": ("nas/slots/0/container/tag_image_id", "sha256:other"),
    "an edit in the container": (
        "nas/slots/0/container/changes",
        (ContainerChange(path="/usr/share/nginx/html/index.html", kind="changed"),),
    ),
    "an unhealthy container": ("nas/slots/0/container/health", "unhealthy"),
    "a failing smoke check": ("nas/slots/0/smoke/0/passed", False),
    "a proxy to nowhere": ("nas/proxy/rules/0/backend_port", 9999),
    "a request that the other slot saw": ("nas/slots/1/saw_visit", True),
    "another public page": ("nas/public/sha256", "0" * 64),
    "a slot that is off": ("nas/slots/1/answering", False),
    "a file for everyone": ("nas/env_files/0/readable_by_others", True),
    "a wrong variable": ("nas/env_files/0/keys/0/value", "Other"),
    "main off the commit": OFF_MAIN,
    "a commit that Gitea lacks": (*OFF_MAIN, "canon/commits/0/known", False),
    "a commit behind main": (*MAIN_ELSEWHERE, *BEHIND),
}


def afflicted(world: Any, fault: str) -> Any:
    places, values = FAULTS[fault][::2], FAULTS[fault][1::2]
    for place, value in zip(places, values, strict=True):
        world = world.put(place, value)
    return world


def test_each_fault_is_one(world: Any) -> None:
    for fault in FAULTS:
        assert (afflicted(world, fault).failing() == set()) is (fault == "nothing"), fault


@pytest.mark.parametrize("fault", sorted(FAULTS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_withdrawing_a_fact_turns_nothing_into_a_pass(world: Any, kit: Any, fault: str, data: Any) -> None:
    broken = afflicted(world, fault)
    place = data.draw(st.sampled_from(kit.missing_places(broken.snapshot)))
    before = broken.outcomes()
    after = broken.put(place, MISSING).outcomes()
    for rule, outcomes in before.items():
        if outcomes & {"fail", "unknown"}:
            assert "pass" not in after[rule], (rule, place)


@pytest.mark.parametrize("source", ["nas", "gitea", "canon"])
def test_a_source_that_is_dark_passes_nothing_that_needs_it(world: Any, source: str) -> None:
    dark = world.put(f"{source}/available", False)
    for name in ("releases", "slots", "current", "proxy", "env_files", "public") if source == "nas" else ():
        dark = dark.put(f"nas/{name}", MISSING)
    for name in ("main", "history", "pulls", "activity") if source == "gitea" else ():
        dark = dark.put(f"gitea/{name}", MISSING)
    for name in ("main", "commits", "trees", "nearest") if source == "canon" else ():
        dark = dark.put(f"canon/{name}", MISSING)
    dark = dark.put(f"{source}/error", "asleep")
    outcomes = dark.outcomes("nas-*")
    if source == "nas":
        # the one rule of the gate alone judges nothing here, whatever is seen
        assert {one for rule, found in outcomes.items() if rule != "nas-hotfix-kept" for one in found} == {"unknown"}
    else:
        assert "pass" not in outcomes["nas-files-match-commit"] or source == "gitea"
        assert "fail" not in {one for found in outcomes.values() for one in found}
