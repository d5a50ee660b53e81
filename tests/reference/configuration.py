"""docs/configuration.md: every key of policies.yaml, by the schema's own words."""

import json
from collections.abc import Iterator
from typing import Any

from .markdown import block, code, marked, table

Schema = dict[str, Any]
_HEAD = """# policies.yaml

<!-- made from schemas/policies.schema.json and tests/data/config/example.yaml; mended by: {command} -->

One file says what a site is and what it must obey. `auditor init` writes a first one, `auditor validate` says every
mistake of it at once, each with line and column. Nothing but `schema` and `id` is needed; a section that is absent is a
source that is not asked. Unknown keys are errors; those that start with `x-` are free. Command-line options win over
`AUDITOR_*` variables, these over the file. [rules.md](rules.md) explains the shipped rules, [facts.md](facts.md) what
rules of one's own can ask.

A file that was merely found in a folder uses no credentials, notifies nobody and publishes nothing: name it by `-c` or
`AUDITOR_CONFIG`, or trust it once by `auditor doctor --trust`.
"""
_KINDS = {
    "branch-name": ("branch name", "as git allows it"),
    "date-or-time": ("day or moment", '`"2026-12-31"` (through that day, UTC) or `"2026-12-31T12:00:00Z"`, in quotes'),
    "duration": ("duration", "a whole number and `s`, `m`, `h` or `d`: `90s`, `15m`, `24h`, `7d`"),
    "git-address": ("git address", "an http or https address, or a path on this machine"),
    "host-name": ("host", "a name or address without a port: `nas.lan`"),
    "host-port": ("host:port", "`nas.lan:443`, `[2001:db8::1]:443`"),
    "http-address": ("address", "http or https, without user, query and fragment: `https://git.example.org`"),
    "mail-address": ("mail address", "`ops@example.net`, without a name"),
    "one-line": ("text", "on one line, without control characters"),
    "own-value": ("env file", "`local:PATH` or `nas:PATH`; relative, without `..`"),
    "plain-text": ("text", "without blanks"),
    "re2": ("regular expression", "in [RE2's syntax](https://github.com/google/re2/wiki/Syntax)"),
    "remote-path": ("path on the NAS", "absolute, without `..`: `/volume2/docker/site`"),
    "ssh-address": ("SSH address", "`user@host` or `user@host:port`"),
    "time": ("moment", 'RFC 3339, in quotes: `"2026-02-03T12:00:00Z"`'),
}
_NAMES = {"string": "text", "integer": "whole number", "boolean": "true or false"}


def render_configuration(schema: Schema, example: str, command: str) -> str:
    """The page."""
    pages = [_HEAD.format(command=command), "## An example, whole\n", block(example, "yaml"), ""]
    for name, section in schema["properties"].items():
        pages += _section(name, section, schema)
    return "\n".join([*pages, *_kinds(schema)])


def _section(name: str, section: Schema, schema: Schema) -> Iterator[str]:
    required = name in schema["required"]
    yield f"## {name}\n"
    yield f"{marked(section['description'])}\n"
    rows = [list(_row(path, key, needed)) for path, key, needed in _keys(_resolved(section, schema), schema, "")]
    if rows:
        yield table(["key", "type", "default", "meaning"], rows) + "\n"
    else:
        yield f"{_type(section).capitalize()}{'; required' if required else ''}.{_examples(section)}\n"


def _keys(node: Schema, schema: Schema, prefix: str) -> Iterator[tuple[str, Schema, bool]]:
    """Every key below a map or a list of maps, by its path; `needed` says that its map must have it."""
    if "items" in node:
        node, prefix = _resolved(node["items"], schema), f"{prefix}[]" if prefix else "[]"
    for name, key in node.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        whole = _resolved(key, schema)
        yield path, whole, name in node.get("required", ())
        if key.get("$ref") not in ("#/$defs/secret", "#/$defs/secret_file"):
            yield from _keys(whole, schema, path)


def _resolved(node: Schema, schema: Schema) -> Schema:
    """The node with what its reference says; its own words win."""
    if "$ref" not in node:
        return node
    name = node["$ref"].rpartition("/")[2]
    return {"x-kind": name, **schema["$defs"][name], **node}


def _row(path: str, key: Schema, needed: bool) -> Iterator[str]:
    yield code(path)
    yield _type(key)
    yield "**required**" if needed else code(_yaml(key["default"])) if "default" in key else ""
    yield f"{marked(key['description'])}{_examples(key)}"


def _type(key: Schema) -> str:
    kind = key.get("x-kind")
    if kind in ("secret", "secret_file", "path", "expression", "template", "commit", "pin", "facts"):
        return f"[{kind.replace('_', ' ')}](#kinds-of-values)"
    if "enum" in key or "const" in key:
        return ", ".join(code(_yaml(value)) for value in key.get("enum", [key.get("const")]))
    if key.get("format", "one-line") not in ("one-line", "plain-text"):
        return f"[{_KINDS[key['format']][0]}](#kinds-of-values)"
    if key.get("type") == "array":
        return f"list of {_items(key['items'])}"
    if key.get("type") == "object" or "anyOf" in key:
        return "map"
    return _NAMES[key["type"]] + _bounds(key)


def _items(items: Schema) -> str:
    if items.get("type") == "object":
        return "maps"
    if "$ref" in items:
        return f"[{items['$ref'].rpartition('/')[2].replace('_', ' ')}](#kinds-of-values)"
    return _type(items)


def _bounds(key: Schema) -> str:
    return f", {key['minimum']} to {key['maximum']}" if "minimum" in key else ""


def _examples(key: Schema) -> str:
    given = [code(_yaml(value)) for value in key.get("examples", ())]
    return f" Such as {', '.join(given)}." if given else ""


def _yaml(value: Any) -> str:
    """A value as one would write it on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_yaml(one)}' for name, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    plain = isinstance(value, str) and value.replace("/", "").replace("_", "").replace("-", "").isalnum()
    return value if plain and not value[0].isdigit() else json.dumps(value, ensure_ascii=False)


def _kinds(schema: Schema) -> Iterator[str]:
    yield "## Kinds of values\n"
    named = {name: node for name, node in schema["$defs"].items() if "description" in node}
    rows = [[name.replace("_", " "), marked(node["description"]) + _examples(node)] for name, node in named.items()]
    rows += [[word, meaning] for word, meaning in _KINDS.values() if word not in named and word != "text"]
    yield table(["kind", "what it is"], sorted(rows)) + "\n"
