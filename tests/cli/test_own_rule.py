"""A rule from outside: the README's own example, pasted into a site's file, judges that site."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from auditor.demo.world import World

from .conftest import Run

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(Path(mkdtemp(dir=tmp_path))) as made:
        yield made


def test_the_readmes_rules_are_checked_shown_and_judged(inside: Run, world: World) -> None:
    match = re.search(r"```yaml\n(rules:\n.*?)```", README.read_text(), re.DOTALL)
    assert match is not None
    world.policy.write_text(world.policy.read_text() + match[1])
    assert inside("validate", world.policy).returncode == 0
    assert "Main wants two approvals" in inside("rules", "show", "site-two-approvals", "-c", world.policy).stdout
    done = inside("audit", "-c", world.policy, "--no-store", "--format", "json", "--rule", "site-two-approvals")
    [finding] = json.loads(done.stdout)["findings"]
    assert (done.returncode, finding["outcome"], finding["subject"]) == (1, "fail", "gitea:protection:main")
    assert finding["message"] == "main wants 0 approvals"
