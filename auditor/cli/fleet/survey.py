"""The summary of what became of the sites: the lines as they come in, sorted at the end, and no report in memory."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice

from auditor import __version__
from auditor.cli import exit_code
from auditor.cli.fleet.crew import Crew
from auditor.cli.fleet.judge import Told, unjudged
from auditor.cli.fleet.shelf import Shelf, Span
from auditor.cli.fleet.target import Target
from auditor.model.fleet import NOT_JUDGED, SCHEMA_VERSION, Fleet, SiteLine, VerdictCount
from auditor.model.report import Report, Tool

# how long nothing may come back before it is asked whether anything can
_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Survey:
    """The summary; `reports` gives the report of each site in its order, None where there is none."""

    fleet: Fleet
    spans: tuple[Span | None, ...]
    shelf: Shelf

    def reports(self) -> Iterator[Report | None]:
        """One after the other, each read when it is asked for."""
        return (None if span is None else self.shelf.take(span) for span in self.spans)


def survey(targets: Sequence[Target], crew: Crew, shelf: Shelf, say: Callable[[str, str], None]) -> Survey:
    """Have every target judged; `say` hears how many have been."""
    rows: list[tuple[SiteLine, Span | None]] = []
    for told in _told(targets, crew):
        rows.append((told.line, None if told.report is None else shelf.put(told.report)))
        say("fleet", f"{len(rows)} of {len(targets)} sites")
    say("fleet", "")
    rows.sort(key=lambda row: _weight(row[0]))
    return Survey(fleet_of([line for line, _ in rows]), tuple(span for _, span in rows), shelf)


def fleet_of(lines: Sequence[SiteLine]) -> Fleet:
    """The summary of lines in the order given."""
    counts = Counter(line.word for line in lines)
    return Fleet(
        schema_version=SCHEMA_VERSION,
        tool=Tool(name="auditor", version=__version__),
        exit_code=exit_code.worst(line.exit_code for line in lines),
        verdicts=VerdictCount(
            compliant=counts["compliant"],
            non_compliant=counts["non-compliant"],
            inconclusive=counts["inconclusive"],
            not_judged=counts[NOT_JUDGED],
        ),
        sites=tuple(lines),
    )


def _told(targets: Sequence[Target], crew: Crew) -> Iterator[Told]:
    """What becomes of each target, in the order in which it becomes known."""
    waiting = iter(targets)
    running: dict[Future[Told], Target] = {}
    while True:
        running |= {crew.send(target): target for target in islice(waiting, crew.width - len(running))}
        if not running:
            return
        done, _ = wait(running, timeout=_PATIENCE_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            del running[future]
            yield future.result()
        fault = None if done else crew.fault()
        if fault is not None:
            for target in (*running.values(), *waiting):
                yield unjudged(target.file, exit_code.INTERNAL, fault)
            return


def _weight(line: SiteLine) -> tuple[object, ...]:
    counts: tuple[int, ...] = ()
    if line.summary is not None:
        by = line.summary.by_severity
        counts = (-by.critical, -by.high, -by.medium, -by.low, -line.summary.unknown)
    return (exit_code.badness(line.exit_code), counts, line.site, line.file)
