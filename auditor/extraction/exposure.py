"""Paths that no site should answer: env files, a git directory, source maps. A page for everything is no exposure."""

import json
import re

from auditor.detector.judgement import SecretJudge
from auditor.detector.key_name import looks_secret
from auditor.model.facts.site import Exposed

ENV_FILES = ("/.env", "/.env.local", "/.env.production", "/.env.production.local", "/.env.backup")
GIT_FILES = ("/.git/HEAD", "/.git/config")
_ASSIGNMENT = re.compile(r"(?m)^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=[ \t]*(\S?)")
_GIT = re.compile(r"\A(?:ref: refs/|[0-9a-f]{40}\s*\Z)|^\s*\[(?:core|remote|branch)\b", re.MULTILINE)


def exposed(path: str, status: int | None, body: bytes | None, judge: SecretJudge | None) -> Exposed | None:
    """What the answer to a path exposes; None where it is nothing. Without `judge` names of keys alone tell secrets."""
    text = _text(status, body)
    if text is None:
        return None
    if path in ENV_FILES:
        return _env_file(path, text, judge)
    return _git_file(path, text, judge) if path in GIT_FILES else _source_map(path, text, judge)


def _text(status: int | None, body: bytes | None) -> str | None:
    """What was answered, None where it is nothing or a page: many servers answer everything with their front page."""
    if status != 200 or not body:
        return None
    text = body.decode("utf-8", "replace")
    return None if text.lstrip()[:200].lower().startswith(("<!doctype", "<html")) else text


def _env_file(path: str, text: str, judge: SecretJudge | None) -> Exposed | None:
    keys = _ASSIGNMENT.findall(text)
    if not keys:
        return None
    secret = any(looks_secret(name) and value for name, value in keys) or _holds_secret(text, path, judge)
    return Exposed(path=path, kind="env-file", status=200, holds_secret=secret)


def _git_file(path: str, text: str, judge: SecretJudge | None) -> Exposed | None:
    if not _GIT.search(text):
        return None
    return Exposed(path=path, kind="git-directory", status=200, holds_secret=_holds_secret(text, path, judge))


def _source_map(path: str, text: str, judge: SecretJudge | None) -> Exposed | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or "mappings" not in content:
        return None
    sources = content.get("sourcesContent")
    texts = [one for one in sources if isinstance(one, str)] if isinstance(sources, list) else []
    secret = any(_holds_secret(one, path, judge) for one in texts)
    return Exposed(path=path, kind="source-map", status=200, holds_secret=secret)


def _holds_secret(text: str, path: str, judge: SecretJudge | None) -> bool:
    return judge is not None and bool([*judge(text, path)])
