"""What is served and should not be: secrets in pages and scripts, env files, a git directory, talkative source maps."""

from collections.abc import Iterator, Mapping, Sequence

from auditor.frozen import frozen
from auditor.model.facts.nas import NasSlot
from auditor.model.facts.site import Exposed, Serving, Site
from auditor.model.missing import MISSING, Missing

_TEXTS = {
    "env-file": "an env file is served",
    "git-directory": "a file of the git directory is served: the whole repository can be read from it",
    "source-map": "a source map is served whose sources hold a secret",
}
_ID_LENGTH = 12


@frozen
class Leak:
    """Something that any visitor can read, with each origin and path where it stands.

    `name` is the path, or the beginning of a secret's HMAC; of the secret itself no character is told.
    """

    kind: str
    name: str
    text: str
    places: tuple[str, ...]


@frozen
class PublicName:
    """A `PUBLIC_*` variable in what is served; `path` is where."""

    origin: str
    name: str
    path: str
    line: int | None
    looks_secret: bool


def leaks_of(site: Site, slots: Sequence[NasSlot], servings: Sequence[Serving]) -> tuple[Leak, ...] | Missing:
    """The leaks of the public site and of the slots; MISSING where nobody looked anywhere."""
    asked = {"public": site.exposed, **{f"slot:{slot.name}": slot.exposed for slot in slots}}
    exposed = {origin: found for origin, found in asked.items() if found is not MISSING}
    if not exposed and all(serving.secrets is MISSING for serving in servings):
        return MISSING
    return (*_exposed(exposed), *_secrets(servings))


def public_names(servings: Sequence[Serving]) -> tuple[PublicName, ...]:
    """The public variables by name, each with the first place of each origin."""
    known: dict[tuple[str, str], PublicName] = {}
    for serving in servings:
        for one in serving.variables:
            known.setdefault(
                (serving.origin, one.name),
                PublicName(
                    origin=serving.origin,
                    name=one.name,
                    path=one.place.path,
                    line=one.place.line,
                    looks_secret=one.looks_secret and one.has_value,
                ),
            )
    return tuple(known.values())


def _exposed(exposed: Mapping[str, Sequence[Exposed]]) -> Iterator[Leak]:
    """Each path once, with every origin that serves it."""
    places: dict[tuple[str, str], list[str]] = {}
    for origin, found in exposed.items():
        for one in found:
            if one.kind != "source-map" or one.holds_secret:
                places.setdefault((one.kind, one.path), []).append(f"{origin}:{one.path}")
    for (kind, path), where in places.items():
        yield Leak(kind=kind, name=path, text=_TEXTS[kind], places=tuple(where))


def _secrets(servings: Sequence[Serving]) -> Iterator[Leak]:
    """Each secret once, however many pages repeat it."""
    kinds: dict[str, str] = {}
    places: dict[str, dict[str, None]] = {}
    for serving in servings:
        for one in () if serving.secrets is MISSING else serving.secrets:
            kinds.setdefault(one.hmac, f"{one.kind} {one.hint}…" if one.hint else one.kind)
            places.setdefault(one.hmac, {})[f"{serving.origin}:{one.place}"] = None
    for hmac, kind in kinds.items():
        text = f"a secret is served: {kind}"
        yield Leak(kind="secret", name=hmac[:_ID_LENGTH], text=text, places=tuple(places[hmac]))
