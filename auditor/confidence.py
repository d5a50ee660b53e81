"""What the sources of one run tell each other and nobody else: a site's own values by their HMACs, and foreign texts.

Some learn the values, others the texts in which they must not stand, at the same time; who comes last compares. All of
it is in this process's memory for one run: it has no form that could be written, shown or passed on.
"""

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from auditor.model.facts.own import OwnPlace

Machine = Literal["local", "nas"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A value by its HMAC, hex; `name` says which it is (`local:env:.env#KEY`); `size` in bytes where it may be known.

    `start` is set for a value that holds blanks or quotes, so that a text may break it anywhere: its first two bytes.
    """

    name: str
    hmac: str
    size: int | None = None
    start: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a machine tells of its own values: their marks, and names and reasons of those that can't be searched for.

    `identity` is the same as long as the values are, as far as can be told without knowing them.
    """

    marks: tuple[Mark, ...]
    skipped: tuple[tuple[str, str], ...]
    identity: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A text of which a source keeps nothing, and where it stands."""

    source: str
    place: str
    text: bytes = field(repr=False)


class Confidence:
    """`key` is that of the HMACs, of one run and kept nowhere. Unless `listening`, texts are dropped."""

    def __init__(self, *, listening: bool = False) -> None:
        self.key = secrets.token_hex(16)
        self.listening = listening
        self._lock = threading.Lock()
        self._told: dict[Machine, Told] = {}
        self._heard: list[Heard] = []
        self._found: list[OwnPlace] = []
        self._lost: list[tuple[str, str]] = []

    def __reduce__(self) -> NoReturn:
        raise TypeError("what was told in confidence is not passed on")

    def tell(self, machine: Machine, told: Told) -> None:
        """Takes what a machine's own values are."""
        with self._lock:
            self._told[machine] = told

    def hear(self, source: str, place: str, text: bytes) -> None:
        """Takes a text in which no own value may stand."""
        if self.listening and text:
            with self._lock:
                self._heard.append(Heard(source, place, text))

    def find(self, places: Iterable[OwnPlace]) -> None:
        """Takes places at which a source found own values itself."""
        with self._lock:
            self._found += places

    def lose(self, source: str, reason: str) -> None:
        """Takes the reason why something could not be told, or not be searched."""
        with self._lock:
            self._lost.append((source, reason))

    @property
    def told(self) -> dict[Machine, Told]:
        """What every machine told."""
        with self._lock:
            return dict(self._told)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks of all machines."""
        return tuple(mark for told in self.told.values() for mark in told.marks)

    @property
    def heard(self) -> tuple[Heard, ...]:
        """The texts so far."""
        with self._lock:
            return tuple(self._heard)

    @property
    def found(self) -> tuple[OwnPlace, ...]:
        """The places so far."""
        with self._lock:
            return tuple(self._found)

    @property
    def lost(self) -> tuple[tuple[str, str], ...]:
        """Sources and reasons so far."""
        with self._lock:
            return tuple(self._lost)
