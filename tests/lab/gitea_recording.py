"""The recorded answers of three real Gitea servers, read from tests/data/gitea; it decides nothing about them."""

import copy
import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DATA = Path(__file__).parent.parent / "data" / "gitea"
VERSIONS = ("1.25.5", "1.26.4", "1.27.0")
API = "/api/v1"
ROOT_URL = "https://git.archicratie.example"

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, order=True)
class World:
    """One recorded state of one server; `variant` is set in the scenario `protection` only."""

    version: str
    scenario: str
    variant: str | None = None

    def __str__(self) -> str:
        return "/".join(filter(None, (self.version, self.scenario, self.variant)))


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer; `body` is parsed JSON, text, or an HTML page as {html_title, bytes}."""

    method: str
    target: str
    caller: str
    status: int
    headers: dict[str, str]
    body: Any
    variant: str | None = None
    request_headers: dict[str, str] | None = None

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> Query:
        return tuple(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class Recording:
    """All that one world answered; `repository` is OWNER/NAME, and None in the scenario `instance`."""

    world: World
    what: str
    repository: str | None
    baseline: str | None
    exchanges: tuple[Exchange, ...]

    def of_path(self, path: str) -> tuple[Exchange, ...]:
        """All exchanges of one path without its query, in any case of its names; those in this case come first."""
        return tuple(sorted(self._by_path.get(path.lower(), ()), key=lambda each: each.path != path))

    @functools.cached_property
    def _by_path(self) -> dict[str, tuple[Exchange, ...]]:
        paths: dict[str, tuple[Exchange, ...]] = {}
        for exchange in self.exchanges:
            key = exchange.path.lower()
            paths[key] = (*paths.get(key, ()), exchange)
        return paths


def worlds() -> tuple[World, ...]:
    """Every recorded world: the scenarios of each version, and each variant of `protection` for itself."""
    return tuple(
        World(version, file.stem, variant)
        for version in VERSIONS
        for file in sorted((DATA / version).glob("*.json"))
        for variant in _variants(file)
    )


@functools.cache
def load_recording(world: World) -> Recording:
    """The recording of `world`; ValueError if `protection` is asked without one of its variants."""
    raw = _read(DATA / world.version / f"{world.scenario}.json")
    variants = _variants(DATA / world.version / f"{world.scenario}.json")
    if world.variant not in variants:
        raise ValueError(f"unknown variant {world.variant!r} of {world.scenario}: choose one of {variants}")
    exchanges = tuple(_exchange(each) for each in raw["exchanges"] if each.get("variant") == world.variant)
    recording = Recording(
        world=world,
        what=raw["what"],
        repository=raw.get("repository"),
        baseline=raw.get("baseline"),
        exchanges=exchanges,
    )
    return replace(recording, exchanges=exchanges + _borrowed_root(recording))


def _borrowed_root(recording: Recording) -> tuple[Exchange, ...]:
    """The repository's own answer where it was not recorded: that of `direct-push`, under this one's name.

    Only `protection` lacks it, and no collector can begin without it. The two were made alike.
    """
    name = (recording.repository or "").partition("/")[2]
    if not name or recording.of_path(f"{API}/repos/{recording.repository}"):
        return ()
    lender = load_recording(World(recording.world.version, "direct-push"))
    assert lender.repository is not None
    return tuple(
        replace(
            each,
            target=each.target.replace("direct-push", name),
            body=json.loads(json.dumps(each.body).replace("direct-push", name)),
            variant=recording.world.variant,
        )
        for each in lender.of_path(f"{API}/repos/{lender.repository}")
    )


def _variants(file: Path) -> tuple[str | None, ...]:
    raw = _read(file)
    return tuple(dict.fromkeys(each.get("variant") for each in raw["exchanges"]))


@functools.cache
def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _exchange(raw: Any) -> Exchange:
    # Three answers about host detection were kept without their headers; all of them were JSON.
    headers = raw.get("headers", {"content-type": "application/json;charset=utf-8"})
    return Exchange(
        method=raw["method"],
        target=raw["path"],
        caller=raw["as"],
        status=raw["status"],
        headers=headers,
        body=copy.deepcopy(raw["body"]),
        variant=raw.get("variant"),
        request_headers=raw.get("request_headers"),
    )
