"""What every source's facts have in common: whether it could be observed, and what could not."""

from auditor.frozen import frozen


@frozen
class Gap:
    """A fact that could not be observed: its place in the snapshot, the reason, and how to mend it.

    `pointer` is a JSON pointer from the snapshot's root (`/gitea/protection`); an element is named by index.
    """

    pointer: str
    reason: str
    remedy: str | None = None


def carried(gaps: tuple[Gap, ...], below: tuple[str, ...], pointer: str) -> tuple[Gap, ...]:
    """The gaps of a source that lie at or below one of `below`, as gaps of what was derived from it at `pointer`."""
    return tuple(
        Gap(pointer=pointer, reason=gap.reason, remedy=gap.remedy)
        for gap in gaps
        if any(gap.pointer == place or gap.pointer.startswith(f"{place}/") for place in below)
    )
