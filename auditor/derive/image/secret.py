"""The secrets that env, labels and build history of the slots' images and containers hold: by kind and place alone."""

from collections.abc import Iterable, Iterator

from auditor.frozen import frozen
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.nas import NasSlot
from auditor.model.facts.nas_docker import BuildArgument, Container, SecretSeen
from auditor.model.missing import MISSING

_HMAC_SHOWN = 12
_BY_NAME = "a variable named like a secret"


@frozen
class ImageSecret:
    """A secret; `id` is the start of its HMAC, or its place where its name alone gives it away."""

    id: str
    kind: str
    hint: str
    places: tuple[str, ...]
    slot: str


def secrets_of(slots: Iterable[tuple[NasSlot, Container]]) -> tuple[ImageSecret, ...]:
    """Every secret once, with all its places; one that only its variable's name betrays stands by itself."""
    found: dict[str, ImageSecret] = {}
    for slot, container in slots:
        for secret in _of_slot(slot.name, container):
            known = found.get(secret.id)
            places = secret.places if known is None else (*known.places, *secret.places)
            found[secret.id] = ImageSecret(
                id=secret.id,
                kind=secret.kind,
                hint=secret.hint,
                places=tuple(dict.fromkeys(places)),
                slot=secret.slot if known is None else known.slot,
            )
    return tuple(found.values())


def _of_slot(name: str, container: Container) -> Iterator[ImageSecret]:
    image = container.image
    seen: list[SecretSeen] = [] if container.secrets is MISSING else list(container.secrets)
    keys: list[tuple[str, EnvKey | BuildArgument]] = [(f"container:{name}:env", key) for key in container.env]
    if image is not MISSING:
        seen += () if image.secrets is MISSING else image.secrets
        keys += [(f"image:{name}:env", key) for key in image.env]
        keys += [(f"image:{name}:argument", key) for key in (() if image.arguments is MISSING else image.arguments)]
    for secret in seen:
        yield ImageSecret(
            id=secret.hmac[:_HMAC_SHOWN], kind=secret.kind, hint=secret.hint, places=(secret.place,), slot=name
        )
    known = {secret.place for secret in seen}
    for place, key in keys:
        if key.looks_secret and key.has_value is True and f"{place}:{key.name}" not in known:
            yield ImageSecret(
                id=f"{place}:{key.name}", kind=_BY_NAME, hint="", places=(f"{place}:{key.name}",), slot=name
            )
