"""What is decided in memory before a foreign text is dropped: is it a secret, may the value be kept."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from auditor.detector.key_name import looks_secret
from auditor.detector.public_value import public_value
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.nas_docker import SecretSeen
from auditor.text import printable, short

_NAME_LIMIT = 200


class Judge(Protocol):
    """Finds the secrets in a text; `place` is where it stands and goes into what is found."""

    def __call__(self, text: str, place: str) -> Iterable[SecretSeen]: ...


Hear = Callable[[str, bytes], None]


def hearing(judge: Judge, hear: Hear) -> Judge:
    """The judge, with `hear` told of every text that stands somewhere."""

    def judged(text: str, place: str) -> Iterable[SecretSeen]:
        if place:
            hear(place, text.encode("utf-8", "surrogatepass"))
        return judge(text, place)

    return judged


def env_key(name: str, value: str) -> EnvKey:
    """A variable as a fact."""
    return EnvKey(
        name=short(printable(name), _NAME_LIMIT),
        has_value=bool(value),
        looks_secret=looks_secret(name),
        value=public_value(name, value),
    )


def judged(judge: Judge, texts: Sequence[tuple[str, str]]) -> tuple[SecretSeen, ...]:
    """The secrets in some texts, each given with its place; one that is seen twice at a place is listed once."""
    return tuple(dict.fromkeys(found for text, place in texts for found in judge(text, place)))
