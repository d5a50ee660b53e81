"""Own values as they are judged: a key with all its places, and a doubt for whatever was not searched."""

from dataclasses import replace

import pytest

from auditor.config import Config, Nas, Slot
from auditor.derive.own_value import derive
from auditor.model.facts.gitea import Gitea
from auditor.model.facts.leaks import LeakPlace
from auditor.model.facts.nas import Nas as NasFacts
from auditor.model.facts.nas import NasSlot, Release
from auditor.model.facts.own import Own, OwnKey, OwnPlace
from auditor.model.facts.site import Site
from auditor.model.facts.snapshot import Snapshot, SourceRun
from auditor.model.facts.witness import Gap

AT = "2026-02-01T03:00:00Z"
NAME = "nas:env:deploy/.env#DB_PASSWORD"
SITE = Config(id="x", nas=Nas(ssh="a@nas.lan:22", root="/site", slots=(Slot(name="blue", port=8081),)))


def snapshot(*places: OwnPlace, gap: str = "", mode: str = "audit") -> Snapshot:
    gaps = (Gap(pointer=gap, reason="it was not seen"),)

    def of(root: str) -> tuple[Gap, ...]:
        return gaps if gap.startswith(f"/{root}/") else ()

    release = Release(name="a", path="releases/a/app", active=True, kind="folder", modified_at=AT)
    return Snapshot(
        schema_version=1, tool_version="0", id="0", site_id="x", mode=mode, started_at=AT, finished_at=AT, sources=(),
        gitea=Gitea(available=True, observed_at=AT, gaps=of("gitea")),
        site=Site(available=True, observed_at=AT, gaps=of("site")),
        nas=NasFacts(
            available=True, observed_at=AT, access="probe", gaps=of("nas"), slots=(NasSlot(name="blue", port=8081),),
            releases=(release,),
        ),
        own=Own(
            observed_at=AT, gaps=of("own"), places=places,
            keys=(OwnKey(name=NAME), OwnKey(name="local:env:.env#PIN", skipped="too short")),
        ),
    )  # fmt: skip


def test_a_key_is_told_with_its_places_in_words() -> None:
    held = LeakPlace(
        origin="gitea", where="file", path="a.sh", line=9, first_commit="a" * 40, tips=("refs/heads/main",)
    )
    found = derive(
        snapshot(
            OwnPlace(name=NAME, source="gitea", place="a.sh", line=9, object=held),
            OwnPlace(name=NAME, source="nas", place="image:blue:history", line=1),
            OwnPlace(name=NAME, source="site", place="public:/", line=4),
        ),
        SITE,
    )
    assert [(one.machine, one.file, one.key) for one in found.values] == [("nas", "deploy/.env", "DB_PASSWORD")]
    (value,) = found.values
    assert value.places == (
        "gitea: a.sh:9 on refs/heads/main since aaaaaaaaaaaa",
        "nas: image:blue:history",
        "site: public:/:4",
    )
    assert (value.path, value.line, value.commit) == ("a.sh", 9, "a" * 40)
    assert value.purge.startswith("git filter-repo --replace-text")
    assert [one.name for one in found.skipped] == ["local:env:.env#PIN"]


def test_of_many_places_some_are_told() -> None:
    places = [OwnPlace(name=NAME, source="site", place=f"public:/{number}") for number in range(60)]
    (value,) = derive(snapshot(*places), SITE).values
    assert (len(value.places), value.more, value.purge) == (50, 10, "")


@pytest.mark.parametrize(
    "pointer",
    [
        "/own/places",
        "/gitea/variables",
        "/site/public",
        "/site/exposed",
        "/nas/slots/0/container",
        "/nas/slots/0/container/image/secrets",
        "/nas/slots/0/serving",
        "/nas/slots/0/answers",
        "/nas/releases/0/git/remotes",
    ],
)
def test_what_was_not_observed_was_not_searched(pointer: str) -> None:
    assert [gap.pointer for gap in derive(snapshot(gap=pointer), SITE).gaps] == ["/own_value/values"]


@pytest.mark.parametrize("pointer", ["/nas/slots/0/smoke", "/nas/disk", "/site/targets", "/gitea/pulls"])
def test_a_gap_elsewhere_is_none_of_this_search(pointer: str) -> None:
    assert derive(snapshot(gap=pointer), SITE).gaps == ()


def test_docker_that_is_not_asked_is_no_gap() -> None:
    assert SITE.nas is not None
    without = replace(SITE, nas=replace(SITE.nas, docker="none"))
    assert derive(snapshot(gap="/nas/slots/0/container"), without).gaps == ()


def test_other_modes_do_not_ask() -> None:
    assert not derive(snapshot(mode="gate"), SITE).asked


def test_nothing_is_found_nowhere_while_a_source_is_left_out_but_what_was_found_is_told() -> None:
    left = (SourceRun(name="leaks", status="left-out"),)
    assert not derive(replace(snapshot(), sources=left), SITE).asked
    found = derive(replace(snapshot(OwnPlace(name=NAME, source="site", place="public:/", line=4)), sources=left), SITE)
    assert found.asked
    assert [one.places for one in found.values] == [("site: public:/:4",)]
