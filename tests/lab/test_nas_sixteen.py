"""The sixteen combinations of (current, proxy, container, content) right or wrong: for each slot one is green."""

from itertools import product

import pytest
from nas_verdict import judge
from nas_world import NEW, OLD, World

pytestmark = pytest.mark.lab


def arrange(world: World, slot: str, current: bool, proxy: bool, container: bool, content: bool) -> None:
    """Makes each of the four right or wrong; what a slot runs changes seldom, for that takes a second."""
    world.tree.point(NEW if current else OLD)
    port = world.slots.ports[slot] if proxy else 9
    if world.proxy.targets[0] != port:
        world.proxy.point(port)
    file = world.tree.release(NEW) / "src/a.md"
    honest = world.canon.git("show", f"{world.canon.tip}:src/a.md").encode() + b"\n"
    world.tree.write("src/a.md", honest if content else honest + b"hacked\n", release=NEW)
    assert file.exists()
    running = world.lab.docker.inspect(f"web_{slot}", "{{.Image}}")
    built = world.lab.built[world.canon.tip]
    if container != (running == built):
        world.prepare_image(slot, world.canon.tip if container else world.canon.commits[-2])
        world.start(slot)
    world.prepare_image(slot, world.canon.tip)


def expected(current: bool, proxy: bool, container: bool, content: bool) -> set[str]:
    """The rules that must fail, whatever else does."""
    rules = set()
    if not current:
        rules.add("nas-commit-is-main")
    if not proxy:
        rules.add("nas-proxy-targets-slot")
    if not container and proxy:
        rules.add("nas-container-current")
    if not content:
        rules.add("nas-files-match-commit" if current else "nas-release-intact")
    return rules


@pytest.mark.parametrize("slot", ["blue", "green"])
def test_of_sixteen_combinations_exactly_one_is_green(world: World, slot: str) -> None:
    greens = []
    for container, proxy, current, content in product((True, False), repeat=4):
        arrange(world, slot, current, proxy, container, content)
        seen = judge(world)
        state = {"current": current, "proxy": proxy, "container": container, "content": content}
        if seen.green:
            greens.append(state)
        assert expected(**state) <= set(seen.failed), state
    assert greens == [dict.fromkeys(("current", "proxy", "container", "content"), True)]
