"""Which pages are pressed: the configured ones, then one of each further build that proposes something."""

from auditor.model.facts.site import Flow, Serving
from auditor.visitor import pages_to_press


def serving(*flows: Flow) -> Serving:
    return Serving(origin="public", address="https://www.example.net/", flows=flows)


def test_the_configured_pages_come_first_and_stand_for_their_own_build() -> None:
    found = pages_to_press(("/", "/b"), serving(Flow(page="/a", alike=("/b",)), Flow(page="/c", alike=("/d",))))
    assert found == ("/", "/b", "/c")


def test_a_site_of_many_builds_is_pressed_within_a_cap() -> None:
    found = pages_to_press(("/",), serving(*(Flow(page=f"/{number}") for number in range(20))))
    assert found == ("/", *(f"/{number}" for number in range(10)))
