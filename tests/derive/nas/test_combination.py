"""The sixteen combinations of (current, proxy, container, content) right or wrong: one of them is green, per slot."""

from itertools import product
from typing import Any

import pytest

SLOTS = {"blue": (0, 8081), "green": (1, 8082)}


def served_by(world: Any, kit: Any, slot: str) -> Any:
    """The healthy world with `slot` active, and of main's tip."""
    index, port = SLOTS[slot]
    for number in (0, 1):
        world = world.put(f"nas/proxy/rules/{number}/backend_port", port)
        world = world.put(f"nas/slots/{number}/saw_visit", number == index)
        world = world.put(f"nas/slots/{number}/container/image/commit", kit.MAIN if number == index else kit.OLD)
    return world.put("nas/public", lambda _: world.snapshot.nas.slots[index].answers[0])


@pytest.mark.parametrize("slot", sorted(SLOTS))
@pytest.mark.parametrize("right", list(product((True, False), repeat=4)), ids=str)
def test_exactly_one_state_is_green(world: Any, kit: Any, slot: str, right: tuple[bool, ...]) -> None:
    current, proxy, container, content = right
    index, _ = SLOTS[slot]
    world = served_by(world, kit, slot)
    expected = set()
    if not current:
        world = world.put("nas/current/resolved", "staging/app").put("nas/current/release", None)
        expected.add("nas-current-in-releases")
    if not proxy:
        world = world.put("nas/proxy/rules/1/backend_port", 8083)
        expected.add("nas-proxy-targets-slot")
    if not container:
        world = world.put(f"nas/slots/{index}/container/image_id", "sha256:older")
        expected.add("nas-container-current")
    if not content:
        world = world.put("nas/releases/0/files/2/sha256", "0" * 64)
        expected |= {"nas-files-match-commit", "nas-hotfix-reported"}
    assert world.failing() == expected
    assert (not world.failing() and not world.unknown()) is (right == (True,) * 4)
