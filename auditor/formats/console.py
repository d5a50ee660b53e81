"""The report for people: the verdict and the next step first, then what is wrong, calm and in plain lines."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tabulate import tabulate
from wcwidth import wcswidth

from auditor.interfaces import Style
from auditor.model.findings import Finding
from auditor.model.fleet import Fleet, SiteLine
from auditor.model.missing import MISSING
from auditor.model.report import Report, SourceStatus
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.text import parse_time, printable, short, span_text

_COLORS = {"red": 31, "green": 32, "yellow": 33, "cyan": 36, "dim": 2, "bold": 1}
_VERDICT_COLORS = {"compliant": "green", "non-compliant": "red", "inconclusive": "yellow"}
_INDENT = " " * 10
_NAMED = 6
# what belongs together, until it is folded: a moment, a count and its word, a link of the chain
_GLUE = "\u00a0"


def render(report: Report, style: Style) -> str:
    """The report as text of at most `style.width` columns, but for commands, which stay whole to be pasted."""
    page = _Page(report, style)
    blocks = [page.head(), page.failures(), page.unknowns(), page.waived(), page.advice(), page.rest(), page.table(),
              page.foot()]  # fmt: skip
    return "\n\n".join("\n".join(block) for block in (list(block) for block in blocks) if block) + "\n"


def render_head(report: Report, style: Style) -> str:
    """The verdict, the chain with its ages, and the next step, without the findings."""
    return "\n".join(_Page(report, style).head()) + "\n"


def render_fleet(fleet: Fleet, style: Style) -> str:
    """The counts of verdicts, then a line a site; what is too wide for it goes below."""
    cells = [(one.word, printable(one.site), one.counts) for one in fleet.sites]
    rows = tabulate(cells, tablefmt="plain", disable_numparse=True).splitlines()
    lines = [line for row, site in zip(rows, fleet.sites, strict=True) for line in _site(row, site, style)]
    return "\n".join((*_folded(fleet.head, style.width), "", *lines)) + "\n"


def _site(row: str, site: SiteLine, style: Style) -> Iterator[str]:
    whole = f"{row}  {site.why}".rstrip()
    if wcswidth(whole) <= style.width:
        yield whole
        return
    if wcswidth(row.rstrip()) <= style.width:
        yield row.rstrip()
        yield from _folded(site.why, style.width, indent="  ")
        return
    yield from _folded(f"{site.word}  {printable(site.site)}", style.width)
    for text in (site.counts, site.why):
        yield from _folded(text, style.width, indent="  ")


@dataclass(frozen=True)
class _Page:
    report: Report
    style: Style

    def head(self) -> Iterator[str]:
        """Verdict, chain, next step, and what the reader must know before all else."""
        report = self.report
        word = self._paint(report.verdict, _VERDICT_COLORS.get(report.verdict, "bold"), "bold")
        whole = f"{report.verdict}  {report.run.site}  {_local_time(report.run.finished_at)}"
        first, *more = self._wrapped(whole)
        yield word + first.removeprefix(report.verdict)
        yield from more
        yield from self._wrapped(_counts(report))
        if report.chain:
            links = (f"{link.name} {link.text}{_age(link.age_seconds)}" for link in report.chain)
            yield from self._wrapped(f"{_GLUE}· ".join(map(self._glued, links)))
        for note in report.run.notes:
            yield from self._wrapped(f"note: {note}")
        missing = [source.name for source in report.sources if source.status == "not-configured"]
        if missing:
            yield from self._wrapped(f"not configured, so not judged: {', '.join(missing)}")
        for source in report.sources:
            if source.status in _WORTH_A_LINE:
                yield from self._wrapped(_source(source))
            if source.engines is not MISSING and (self._verbose or report.run.mode == "secrets"):
                engines = (f"{one.name} {one.version}" for one in source.engines)
                yield from self._wrapped(f"searched by {', '.join(engines)}")
        yield from self._next()

    def _next(self) -> Iterator[str]:
        open_ = self._open() or self._of(Outcome.UNKNOWN)
        weighty = sorted((one for one in open_ if one.remediation), key=lambda one: -one.severity.weight)
        if weighty:
            yield from self._commands("next:", "bold", weighty[0].remediation)

    def failures(self) -> Iterator[str]:
        """Each failure that counts, by invariant, the gravest first."""
        weighty = [finding for finding in self._open() if finding.severity is not Severity.LOW or self._verbose]
        for invariant in Invariant:
            group = [finding for finding in weighty if finding.invariant is invariant]
            if group:
                yield self._paint(invariant.value, "bold")
                group.sort(key=lambda one: -one.severity.weight)
                # what mends several findings of a rule at once is said once, below the last of them
                for finding, following in zip(group, [*group[1:], None], strict=True):
                    yield from self._failure(finding)
                    if following is None or _remedy(finding) != _remedy(following):
                        yield from self._commands("mend:", "cyan", finding.remediation, indent=_INDENT)

    def _failure(self, finding: Finding) -> Iterator[str]:
        new = " (new)" if finding.baseline == "new" else ""
        yield from self._headed(
            f"{finding.severity.value:<8}",
            f"{finding.rule_id}  {finding.subject}{new}",
            _tint(finding.severity),
        )
        yield from self._wrapped(finding.message, indent=_INDENT)
        if finding.baseline == "unchanged" and finding.dirty_at is not None:
            yield from self._wrapped(_began(finding.clean_at, finding.dirty_at), indent=_INDENT)
        if self.style.verbosity > 1:
            for value in finding.evidence:
                yield from self._wrapped(f"{value.name}: {value.value or 'unknown'}", indent=_INDENT)

    def unknowns(self) -> Iterator[str]:
        """One line for each cause, however many rules it blinds."""
        causes: dict[str, list[Finding]] = {}
        for finding in self._of(Outcome.UNKNOWN):
            causes.setdefault(finding.message, []).append(finding)
        if causes:
            yield self._paint("unknown", "bold")
        for message, group in causes.items():
            rules = list(dict.fromkeys(finding.rule_id for finding in group))
            count = f" ({len(group)} findings)" if len(group) > len(rules) else ""
            yield from self._wrapped(f"{message}{count}")
            yield from self._wrapped(_listed(rules), indent=_INDENT)
            remedy = next((finding.remediation for finding in group if finding.remediation), "")
            yield from self._commands("mend:", "cyan", remedy, indent=_INDENT)

    def waived(self) -> Iterator[str]:
        """Failures that somebody answers for."""
        for finding in self._of(Outcome.FAIL):
            if finding.waiver is not None:
                text = f"waived until {finding.waiver.expires} by {finding.waiver.owner}: {finding.waiver.reason}"
                yield from self._headed("waived  ", f"{finding.rule_id}  {finding.subject}", "dim")
                yield from self._wrapped(text, indent=_INDENT)

    def advice(self) -> Iterator[str]:
        """Low failures, folded to one line unless more is asked for."""
        low = [finding for finding in self._open() if finding.severity is Severity.LOW]
        if low and not self._verbose:
            rules = list(dict.fromkeys(finding.rule_id for finding in low))
            plural = "" if len(low) == 1 else "s"
            yield from self._wrapped(f"advice: {len(low)} low finding{plural}: {_listed(rules)} (-v shows them)")

    def rest(self) -> Iterator[str]:
        """What is right again, and with -v what passed and what did not apply."""
        for finding in self._of(Outcome.PASS):
            if finding.baseline == "absent":
                yield from self._headed("fixed   ", f"{finding.rule_id}  {finding.subject}", "green")
            elif self._verbose:
                yield from self._headed("pass    ", f"{finding.rule_id}  {finding.message}")
        if self._verbose:
            for finding in self._of(Outcome.NOT_APPLICABLE):
                yield from self._headed("n/a     ", f"{finding.rule_id}  {finding.message}")

    def table(self) -> Iterator[str]:
        """How each invariant fared."""
        rows = []
        for invariant in Invariant:
            group = [finding for finding in self.report.findings if finding.invariant is invariant]
            if group:
                rows.append([invariant.value, *_tally(group)])
        headers = ("invariant", "fail", "unknown", "waived", "pass", "n/a")
        lines = tabulate(rows, headers=headers, tablefmt="simple").splitlines() if rows else []
        if all(len(line) <= self.style.width for line in lines):
            yield from lines
            return
        for name, *counts in rows:
            told = (f"{count}{_GLUE}{header}" for count, header in zip(counts, headers[1:], strict=True) if count)
            yield from self._wrapped(f"{name}: {', '.join(told)}")

    def foot(self) -> Iterator[str]:
        """What proves, kept elsewhere, that the history was not cut: the hash of its last record before this run."""
        head = self.report.run.history_head
        if head and head.strip("0"):  # before the first record there is nothing to keep
            yield self._paint(f"history {_clean(head)}", "dim")

    @property
    def _verbose(self) -> bool:
        return self.style.verbosity > 0

    def _of(self, outcome: Outcome) -> list[Finding]:
        return [finding for finding in self.report.findings if finding.outcome is outcome]

    def _open(self) -> list[Finding]:
        return [finding for finding in self._of(Outcome.FAIL) if finding.waiver is None]

    def _headed(self, word: str, text: str, *colors: str) -> Iterator[str]:
        """A line that begins with a word of eight characters; what does not fit goes below it."""
        first, *more = self._wrapped(text, indent=_INDENT) or [_INDENT]
        yield f"{self._paint(word, *colors)}  {first.removeprefix(_INDENT)}"
        yield from more

    def _commands(self, label: str, color: str, text: str, indent: str = "") -> Iterator[str]:
        """The lines of a remedy, each whole: a command that is broken over lines can't be pasted."""
        before = f"{indent}{self._paint(label, color)} "
        for line in text.splitlines():
            yield f"{before}{_clean(line)}"
            before = " " * len(f"{indent}{label} ")

    def _glued(self, text: str) -> str:
        """A text that is not broken, if a line can hold it."""
        return text.replace(" ", _GLUE) if len(text) < self.style.width - 4 else text

    def _wrapped(self, text: str, indent: str = "") -> list[str]:
        return _folded(_clean(text), self.style.width, indent)

    def _paint(self, text: str, *colors: str) -> str:
        if not self.style.color or not colors:
            return text
        codes = ";".join(str(_COLORS[color]) for color in colors)
        return f"\x1b[{codes}m{text}\x1b[0m"


_WORTH_A_LINE = ("unavailable", "brought", "left-out")


def _source(source: SourceStatus) -> str:
    return f"{source.name} is {source.status}" + (f": {source.error}" if source.error else "")


def _remedy(finding: Finding) -> tuple[str, str]:
    return finding.rule_id, finding.remediation


def _tally(group: Sequence[Finding]) -> tuple[int, ...]:
    failures = [finding for finding in group if finding.outcome is Outcome.FAIL]
    waived = sum(finding.waiver is not None for finding in failures)
    counts = {outcome: sum(finding.outcome is outcome for finding in group) for outcome in Outcome}
    return (
        len(failures) - waived,
        counts[Outcome.UNKNOWN],
        waived,
        counts[Outcome.PASS],
        counts[Outcome.NOT_APPLICABLE],
    )


def _counts(report: Report) -> str:
    summary = report.summary
    severities = vars(summary.by_severity).items()
    graded = ", ".join(f"{count}{_GLUE}{name}" for name, count in reversed(list(severities)) if count)
    counts = [f"{summary.fail}{_GLUE}failed" + (f" ({graded})" if graded else ""), f"{summary.unknown}{_GLUE}unknown"]
    if summary.waived:
        counts.append(f"{summary.waived}{_GLUE}waived")
    return ", ".join(
        (*counts, f"{summary.pass_}{_GLUE}passed", f"{summary.not_applicable} not applicable".replace(" ", _GLUE))
    )


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMED}{_GLUE}more" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + more


def _tint(severity: Severity) -> str:
    return {Severity.CRITICAL: "red", Severity.HIGH: "red", Severity.MEDIUM: "yellow"}.get(severity, "dim")


def _age(seconds: int | None) -> str:
    return "" if not seconds else f" ({span_text(seconds)} ago)"


def _local_time(moment: str) -> str:
    return parse_time(moment).astimezone().isoformat(_GLUE, "seconds")


def _began(clean_at: str | None, dirty_at: str) -> str:
    """The interval in which a failure began."""
    first = f"first seen {_local_time(dirty_at)}"
    return first if clean_at is None else f"{first}, last seen right {_local_time(clean_at)}"


def _folded(text: str, width: int, indent: str = "") -> list[str]:
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent or "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in lines]


def _clean(text: str) -> str:
    return short(printable(text), 2000)
