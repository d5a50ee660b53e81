"""Where the values of the site's own env files were found: by the names of their keys, never a value, never an HMAC."""

from dataclasses import dataclass

from auditor.frozen import frozen
from auditor.model.facts.leaks import LeakPlace
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnKey:
    """A key of an env file of `secrets.own_values`, by `name` (`local:env:.env#KEY`); public ones are left out.

    `skipped` says why its value could not be searched for without false alarms, None: it was searched for.
    """

    name: str
    skipped: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnPlace:
    """A place at which the value of the key `name` stands: in a repository `object`, else in words."""

    name: str
    source: str
    place: str
    line: int | None = None
    object: LeakPlace | None = None


@frozen
class Own:
    """What the search for own values gave; `searched` are the sources that were, as far as no gap says else."""

    observed_at: str
    gaps: tuple[Gap, ...] = ()

    keys: tuple[OwnKey, ...] | Missing = MISSING
    places: tuple[OwnPlace, ...] | Missing = MISSING
    searched: tuple[str, ...] = ()
