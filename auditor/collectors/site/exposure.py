"""Paths that no site should answer: env files, a git directory, source maps. A page for everything is no exposure."""

import json
import re
from collections.abc import Iterable, Iterator

from auditor.collectors.site.crawl import Answered, Crawl
from auditor.detector.judgement import SecretJudge
from auditor.detector.key_name import looks_secret
from auditor.model.facts.site import Exposed, Fetched

_ENV_FILES = ("/.env", "/.env.local", "/.env.production", "/.env.production.local", "/.env.backup")
_GIT_FILES = ("/.git/HEAD", "/.git/config")
_ASSIGNMENT = re.compile(r"(?m)^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=[ \t]*(\S?)")
_GIT = re.compile(r"\A(?:ref: refs/|[0-9a-f]{40}\s*\Z)|^\s*\[(?:core|remote|branch)\b", re.MULTILINE)
_MOST_MAPS = 40


def observe_exposure(crawl: Crawl, files: Iterable[Fetched], judge: SecretJudge) -> tuple[Exposed, ...]:
    """What was served of it."""
    return tuple(_found(crawl, files, judge))


def _found(crawl: Crawl, files: Iterable[Fetched], judge: SecretJudge) -> Iterator[Exposed]:
    maps = [f"{one.path.partition('?')[0]}.map" for one in files if one.role == "script" and one.status == 200]
    asked = [(path, _env_file) for path in _ENV_FILES] + [(path, _git_file) for path in _GIT_FILES]
    asked += [(path, _source_map) for path in dict.fromkeys(maps[:_MOST_MAPS])]
    for path, judged in asked:
        text = _text(crawl.probe(path))
        exposed = None if text is None else judged(path, text, judge)
        if exposed is not None:
            yield exposed


def _text(answer: Answered | None) -> str | None:
    """What was answered, None where it is nothing or a page: many servers answer everything with their front page."""
    if answer is None or answer.fact.status != 200 or not answer.body:
        return None
    text = answer.body.decode("utf-8", "replace")
    return None if text.lstrip()[:200].lower().startswith(("<!doctype", "<html")) else text


def _env_file(path: str, text: str, judge: SecretJudge) -> Exposed | None:
    keys = _ASSIGNMENT.findall(text)
    if not keys:
        return None
    secret = any(looks_secret(name) and value for name, value in keys) or bool([*judge(text, path)])
    return Exposed(path=path, kind="env-file", status=200, holds_secret=secret)


def _git_file(path: str, text: str, judge: SecretJudge) -> Exposed | None:
    if not _GIT.search(text):
        return None
    return Exposed(path=path, kind="git-directory", status=200, holds_secret=bool([*judge(text, path)]))


def _source_map(path: str, text: str, judge: SecretJudge) -> Exposed | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or "mappings" not in content:
        return None
    sources = content.get("sourcesContent")
    texts = [one for one in sources if isinstance(one, str)] if isinstance(sources, list) else []
    secret = any([*judge(one, path)] for one in texts)
    return Exposed(path=path, kind="source-map", status=200, holds_secret=secret)
