"""What the activity feed says of pushes to main: who brought which stretch of the line. Evidence, never proof."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from auditor.frozen import frozen
from auditor.model.facts.gitea import Activity


@frozen
class Push:
    """A push as the feed tells it; a deploy key's stands there as the repository owner's."""

    actor: str
    at: str


def pushes_of(places: Mapping[str, int], wanted: Sequence[int], rows: Sequence[Activity]) -> dict[int, Push]:
    """The push of each place in `wanted` (ascending) that a row explains; the shortest stretch that holds it wins.

    `places` gives the place on the line of each commit, 0 for the tip.
    """
    stretches = sorted(filter(None, (_stretch(places, row) for row in rows)), key=lambda one: one[1] - one[0])
    # each place is left out once it is explained, so that many long stretches cost no more than one
    skip = list(range(len(wanted) + 1))
    found: dict[int, Push] = {}
    for start, end, push in stretches:
        index = _next(skip, bisect_left(wanted, start))
        while index < len(wanted) and wanted[index] <= end:
            found[wanted[index]] = push
            skip[index] = index + 1
            index = _next(skip, index)
    return found


def feed_breaks(places: Mapping[str, int], rows: Sequence[Activity], baseline: str | None) -> int:
    """How many pushes on the line begin where no other push that the feed shows ended."""
    pushes = [row for row in rows if row.new in places]
    ends = {row.new for row in pushes} | {baseline}
    return sum(row.old is not None and row.old not in ends for row in pushes)


def _stretch(places: Mapping[str, int], row: Activity) -> tuple[int, int, Push] | None:
    """First and last place that the push brought."""
    if row.new is None or row.actor is None or row.new not in places:
        return None
    start = places[row.new]
    known = None if row.old is None else places.get(row.old)
    end = known - 1 if known is not None else start + max(1, row.commit_count or 1) - 1
    return (start, end, Push(actor=row.actor, at=row.created_at)) if end >= start else None


def _next(skip: list[int], index: int) -> int:
    while skip[index] != index:
        skip[index] = skip[skip[index]]
        index = skip[index]
    return index
