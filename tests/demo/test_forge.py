"""The demo's Gitea answers as a Gitea does."""

from pathlib import Path

from auditor.demo.world import World


def test_the_tree_of_a_branch_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        root, forge = world.forge.root, world.forge
        assert forge.answer(f"{root}/git/trees/main", None).status == 200
        # GetTree of routers/api/v1/repo/tree.go
        assert forge.answer(f"{root}/git/trees/develop", None).status == 400
