"""The trend of the last nights: a bar a night, failures below what is unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.model.report import Night

_WIDTH, _HEIGHT = 900, 120


@dataclass(frozen=True)
class Bar:
    """One night: its place, and the heights of its two parts."""

    night: Night
    x: float
    width: float
    fail: float
    unknown: float

    @property
    def fail_y(self) -> float:
        return round(_HEIGHT - self.fail, 1)

    @property
    def unknown_y(self) -> float:
        return round(_HEIGHT - self.fail - self.unknown, 1)


@dataclass(frozen=True)
class Plot:
    """The bars, the oldest first; `most` is what the highest stands for."""

    bars: tuple[Bar, ...]
    most: int
    told: str
    width: int = _WIDTH
    height: int = _HEIGHT


def plot_of(trend: Sequence[Night]) -> Plot | None:
    """The plot; None where there is nothing to compare with."""
    if len(trend) < 2:
        return None
    most = max(1, *(night.fail + night.unknown for night in trend))
    step = _WIDTH / max(30, len(trend))
    scale = (_HEIGHT - 4) / most
    bars = tuple(
        Bar(
            night,
            round(_WIDTH - (len(trend) - index) * step, 1),
            round(step * 0.75, 1),
            round(night.fail * scale, 1),
            round(night.unknown * scale, 1),
        )
        for index, night in enumerate(trend)
    )
    bad = sum(night.verdict != "compliant" for night in trend)
    first, last = trend[0], trend[-1]
    told = (
        f"{len(trend)} audits, {bad} of them not compliant; "
        f"the first had {first.fail} failures, the last has {last.fail}"
    )
    return Plot(bars, most, told)
