"""Fixtures of the lab, and its modules made importable: none of them is installed."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import nas_world
from gitea_history import make_repository
from gitea_recording import World
from gitea_replay import ReplayGitea
from lab_need import lack

from auditor.transports.browser import Browser, open_browser
from auditor.transports.browser.fault import BrowserError


@pytest.fixture(scope="session")
def make_bundle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[World], Path | None]:
    """Makes the bare repository of a world: from its bundle, or of one commit with the recorded sha of main.

    None for `instance`, which has no repository, and for `form-template` and `form-default`: their trees were not
    recorded, so the recorded sha of main can't be made again. Give ReplayGitea a repository of your own as `git` there.
    Each is made once a session and shared: clone it before you change it.
    """
    made: dict[tuple[str, str], Path | None] = {}
    folder = tmp_path_factory.mktemp("gitea")

    def make(world: World) -> Path | None:
        key = world.version, world.scenario
        if key not in made:
            made[key] = make_repository(world, folder / "-".join(key))
        return made[key]

    return make


@pytest.fixture
def replay_gitea(tmp_path: Path, make_bundle: Callable[[World], Path | None]) -> Iterator[Callable[..., ReplayGitea]]:
    """Starts recorded Gitea servers, each with its repository behind it, and stops them after the test."""
    with ExitStack() as stack:

        def start(version: str, scenario: str, **options: Any) -> ReplayGitea:
            world = World(version, scenario, options.get("variant"))
            options.setdefault("git", make_bundle(world))
            return stack.enter_context(ReplayGitea(version, scenario, **options))

        yield start


@pytest.fixture(scope="session")
def nas_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nas_world.Lab]:
    """The parts of a production NAS that all its tests share; skipped, with the reason, where one can't be had."""
    # a time limit of CI ends the run so: daemons and bridges must not outlive it
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with nas_world.run_lab(tmp_path_factory.mktemp("nas")) as lab:
            yield lab
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.fixture
def world(nas_lab: nas_world.Lab, tmp_path: Path) -> Iterator[nas_world.World]:
    """A production NAS in the green state, for one test to change."""
    with nas_world.run_world(nas_lab, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; skipped, with the reason, where it can't be had."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(open_browser(300))
        except BrowserError as error:
            lack(str(error))
        yield running
