"""The public site asked for paths that nothing may link to, and for the source maps of its scripts."""

from collections.abc import Iterable, Iterator

from auditor.collectors.site.crawl import Crawl
from auditor.detector.judgement import SecretJudge
from auditor.extraction.exposure import ENV_FILES, GIT_FILES, exposed
from auditor.model.facts.site import Exposed, Fetched

_MOST_MAPS = 40


def observe_exposure(crawl: Crawl, files: Iterable[Fetched], judge: SecretJudge) -> tuple[Exposed, ...]:
    """What was served of it."""
    return tuple(_found(crawl, files, judge))


def _found(crawl: Crawl, files: Iterable[Fetched], judge: SecretJudge) -> Iterator[Exposed]:
    maps = [f"{one.path.partition('?')[0]}.map" for one in files if one.role == "script" and one.status == 200]
    for path in (*ENV_FILES, *GIT_FILES, *dict.fromkeys(maps[:_MOST_MAPS])):
        answer = crawl.probe(path)
        found = None if answer is None else exposed(path, answer.fact.status, answer.body, judge)
        if found is not None:
            yield found
