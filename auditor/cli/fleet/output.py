"""The summary in the formats that are asked for; one that can't show many sites is refused before anything runs."""

from collections.abc import Iterator, Sequence

from auditor.cli.fleet.survey import Survey
from auditor.cli.option import Settings
from auditor.cli.output import Output, parse_formats, style_of, warn, write_pieces, write_stdout
from auditor.errors import UsageError
from auditor.interfaces import ReportsFormat, Style, SummaryFormat
from auditor.plugins import load_format, names


def fleet_outputs(values: Sequence[str]) -> tuple[Output, ...]:
    """The outputs that `--format` names; raises UsageError for one that shows a single report alone."""
    outputs = parse_formats(values)
    for output in outputs:
        if not isinstance(output.format, (SummaryFormat, ReportsFormat)):
            able = (name for name in names("formats") if isinstance(load_format(name), (SummaryFormat, ReportsFormat)))
            raise UsageError(f"a fleet has no format '{output.name}': choose one of {', '.join(able)}")
    return outputs


def wants_reports(output: Output) -> bool:
    """Whether the format shows every report, and not the lines of the sites alone."""
    return isinstance(output.format, ReportsFormat)


def write_fleet(outputs: Sequence[Output], survey: Survey, settings: Settings) -> None:
    """The sites' warnings and every output; with --quiet no console's of a fleet that is compliant."""
    for line in survey.fleet.sites:
        for text in line.warnings:
            warn(f"{line.site}: {text}", settings)
    counts, sites = survey.fleet.verdicts, survey.fleet.sites
    for output in outputs:
        if output.path is not None:
            write_pieces(output.path, _pieces(output, survey, Style(verbosity=settings.verbosity)))
        elif not settings.quiet or output.name != "console" or counts.compliant < len(sites):
            for piece in _pieces(output, survey, style_of(settings)):
                write_stdout(piece)


def _pieces(output: Output, survey: Survey, style: Style) -> Iterator[str]:
    shown: object = output.format
    if isinstance(shown, ReportsFormat):
        yield from shown.render_reports(survey.fleet, survey.reports())
    elif isinstance(shown, SummaryFormat):
        yield shown.render_fleet(survey.fleet, style)
