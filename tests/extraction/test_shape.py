"""Pages of the shapes that minifiers and people write: decided rightly or not at all, whatever values they carry."""

import pytest
from site_look import GITEA, verdict
from site_shape import read, shapes

VALUED, FIXED = shapes("valued.txt"), shapes("fixed.txt")
VALUES = {
    "right": ({}, "right"),
    "case": ({"owner": GITEA.owner.lower()}, "case"),
    "owner": ({"owner": "Archicratie"}, "wrong"),
    "repo": ({"repo": "site-web"}, "wrong"),
    "base": ({"base": "https://forge.archicratie.example"}, "wrong"),
    "http": ({"base": GITEA.base.replace("https", "http")}, "wrong"),
    "local": ({"base": "http://localhost:3000"}, "wrong"),
    "empty": ({"owner": ""}, "wrong"),
    "undefined": ({"owner": "undefined"}, "wrong"),
}


@pytest.mark.parametrize("name", VALUED)
def test_a_page_is_never_judged_wrongly_whatever_values_it_carries(name: str) -> None:
    said = {key: verdict(read(VALUED[name].filled(**given))) for key, (given, _) in VALUES.items()}
    assert {key: one for key, one in said.items() if one not in (VALUES[key][1], "unknown")} == {}


@pytest.mark.parametrize("name", FIXED)
def test_a_page_with_a_catch_is_never_judged_wrongly(name: str) -> None:
    assert verdict(read(FIXED[name].filled())) in (FIXED[name].verdict, "unknown")


def test_most_of_them_are_decided_without_a_browser() -> None:
    right = [verdict(read(shape.filled())) for shape in VALUED.values()]
    wrong = [verdict(read(shape.filled(owner="Archicratie"))) for shape in VALUED.values()]
    catches = [verdict(read(shape.filled())) for shape in FIXED.values() if shape.verdict != "unknown"]
    for said, share in ((right, 0.65), (wrong, 0.65), (catches, 0.55)):
        assert sum(one != "unknown" for one in said) >= share * len(said)
