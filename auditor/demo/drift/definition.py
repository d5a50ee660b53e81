"""A drift: its name, what it does to the world, and the rules that must name it."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.demo.world import World


@dataclass(frozen=True)
class Drift:
    """A change of the world; `rules` are those that must fail for it, whatever else fails besides."""

    name: str
    title: str
    rules: tuple[str, ...]
    apply: Callable[[World], None]


def drift(*rules: str) -> Callable[[Callable[[World], None]], Drift]:
    """Makes a function a drift: its name is the drift's, its docstring the title."""

    def define(apply: Callable[[World], None]) -> Drift:
        name = apply.__name__.replace("_", "-")
        return Drift(name, (apply.__doc__ or "").strip().rstrip("."), rules, apply)

    return define
