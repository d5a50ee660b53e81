"""What a schema can't say of a policy file: names given twice, keys that exclude each other, paths that can't be.

Every function takes data that may be wrong in any way the schema reports, and stays silent on those parts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auditor.config.path import local_path
from auditor.document import Document, Problem
from auditor.pattern import slow_reason
from auditor.schemas import suggestion

Steps = tuple[str | int, ...]
_OVERRIDES = ("id", "severity", "tags", "enabled", "reason")
_OWN_RULE = ("invariant", "severity", "title", "assert", "message")
# what an extended file may say: the site itself, and above all its credentials, stand in the site's own file
_SHARED = ("schema", "extends", "rules", "waivers", "limits")
_PATHS: tuple[Steps, ...] = (
    ("local", "path"),
    ("gitea", "ca"),
    ("gitea", "token", "file"),
    ("nas", "key", "file"),
    ("nas", "known_hosts"),
    ("site", "ca"),
    ("secrets", "key", "file"),
    ("history", "path"),
    ("publish", "token", "file"),
)


def check_site(document: Document, shipped: frozenset[str], folder: Path) -> Iterator[Problem]:
    """The problems of a site's own file; `shipped` are the ids of the rules that it inherits."""
    data = document.data
    if not isinstance(data, dict):
        return
    if "id" not in data:
        yield document.problem((), "missing key 'id': the site's name, under which history is kept")
    for check in (_nas, _patterns, _limits):
        yield from check(document)
    yield from check_rules(document, shipped)
    yield from check_paths(document, folder)


def check_inherited(document: Document, shipped: frozenset[str]) -> Iterator[Problem]:
    """The problems of a file that another extends: it holds rules, waivers and limits alone."""
    for key in document.data if isinstance(document.data, dict) else ():
        if key not in _SHARED and not key.startswith("x-"):
            message = "an extended file holds rules, waivers and limits alone: move this key to the site's own file"
            yield document.problem((key,), message, key=True)
    yield from _limits(document)
    yield from check_rules(document, shipped)


def check_rules(document: Document, shipped: frozenset[str]) -> Iterator[Problem]:
    """Ids given twice, rules of one's own that lack a key, overrides that reach further than they may."""
    yield from _twice(document, ("rules",), "id")
    for index, rule in enumerate(_list(document.data, "rules")):
        if not isinstance(rule, dict) or not isinstance(rule.get("id"), str):
            continue
        path: Steps = ("rules", index)
        yield from (_override if rule["id"] in shipped else _own_rule)(document, path, rule, shipped)


def _override(document: Document, path: Steps, rule: dict[str, Any], _shipped: frozenset[str]) -> Iterator[Problem]:
    for key in rule:
        if key not in _OVERRIDES and not key.startswith("x-"):
            message = "a shipped rule can be given severity, tags and enabled alone: choose an id of your own"
            yield document.problem((*path, key), message, key=True)


def _own_rule(document: Document, path: Steps, rule: dict[str, Any], shipped: frozenset[str]) -> Iterator[Problem]:
    missing = [key for key in _OWN_RULE if key not in rule]
    if missing and all(key in _OVERRIDES or key.startswith("x-") for key in rule):
        hint = suggestion(rule["id"], shipped) or ": auditor rules list shows them"
        yield document.problem((*path, "id"), f"no shipped rule is named '{rule['id'][:80]}'{hint}")
        return
    for key in missing:
        yield document.problem(path, f"missing key '{key}', which a rule of your own needs")


def _nas(document: Document) -> Iterator[Problem]:
    nas = _map(document.data, "nas")
    for key in ("name", "port", "container"):
        yield from _twice(document, ("nas", "slots"), key)
    if not nas or nas.get("access") == "outside":
        return
    if "ssh" not in nas:
        yield document.problem(("nas",), "missing key 'ssh': give it, or write access: outside")
    if "host_key" in nas and "known_hosts" in nas:
        yield document.problem(
            ("nas", "known_hosts"), "host_key and known_hosts exclude each other: keep one", key=True
        )
    elif "host_key" not in nas and "known_hosts" not in nas:
        message = "missing key 'host_key' (or 'known_hosts'): ssh-keyscan HOST | ssh-keygen -lf - prints it; compare it"
        yield document.problem(("nas",), message)


def _patterns(document: Document) -> Iterator[Problem]:
    yield from _twice(document, ("secrets", "patterns"), "id")
    for index, pattern in enumerate(_list(_map(document.data, "secrets"), "patterns")):
        regex = pattern.get("regex") if isinstance(pattern, dict) else None
        slow = slow_reason(regex) if isinstance(regex, str) else None
        if slow is not None:
            yield document.problem(("secrets", "patterns", index, "regex"), slow)


def _limits(document: Document) -> Iterator[Problem]:
    limits = _map(document.data, "limits")
    for key in ("every", "gate_budget", "facts_max_age"):
        if str(limits.get(key, "")).strip("0") in ("s", "m", "h", "d"):
            yield document.problem(("limits", key), "must be more than nothing")


def check_paths(document: Document, folder: Path) -> Iterator[Problem]:
    """The paths that name nothing on this machine, as it is now."""
    for path in (*_PATHS, *_notice_paths(document.data)):
        yield from _one_path(document, path, folder)
    git = _map(document.data, "gitea").get("git")
    if isinstance(git, str) and "://" not in git:
        yield from _one_path(document, ("gitea", "git"), folder)


def _notice_paths(data: Any) -> Iterator[Steps]:
    for index, notice in enumerate(_list(data, "notify")):
        for key in notice if isinstance(notice, dict) else ():
            yield ("notify", index, key, "file")


def _one_path(document: Document, path: Steps, folder: Path) -> Iterator[Problem]:
    value = _value(document.data, path)
    if not isinstance(value, str) or not value:
        return
    try:
        local_path(value, folder)
    except ValueError as error:
        yield document.problem(path, f"'{value[:80]}' {error}")


def _twice(document: Document, path: Steps, key: str) -> Iterator[Problem]:
    """Entries of the list at `path` whose `key` an earlier entry has already."""
    first: dict[str, int] = {}
    entries = _value(document.data, path)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = entry.get(key) if isinstance(entry, dict) else None
        if not isinstance(name, (str, int)):
            continue
        if str(name) in first:
            line = document.place((*path, first[str(name)], key))[0]
            message = f"the {key} '{str(name)[:80]}' is given twice (first at line {line}): rename or remove one"
            yield document.problem((*path, index, key), message)
        first.setdefault(str(name), index)


def _value(data: Any, path: Steps) -> Any:
    for step in path:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def _map(data: Any, name: str) -> dict[str, Any]:
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _list(data: Any, name: str) -> list[Any]:
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []
