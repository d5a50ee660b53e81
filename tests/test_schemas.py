"""Every error of a document is told at once, in our words, at its place; schemas are found and are themselves valid."""

import json
import re
import subprocess
import sys

import pytest

from auditor.document import load_document
from auditor.errors import ConfigError
from auditor.schemas import FORMATS, data_file, load_schema, quoted, validate

GOOD = "schema: 1\nid: site\n"


def problems(text: str) -> list[str]:
    return [str(problem) for problem in validate(load_document(text, "p.yaml"), "policies")]


def test_the_schema_is_a_valid_one_and_closed_everywhere() -> None:
    from jsonschema import Draft202012Validator

    schema = load_schema("policies")
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    formats = set(re.findall(r'"format": "([^"]+)"', text))
    assert formats <= set(FORMATS)

    def walk(node: object, where: str) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                assert node.get("additionalProperties") is False, where
                assert list(node.get("patternProperties", {})) == ["^x-"], where
            for key, value in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
                described = value.get("description") or load_schema("policies")["$defs"].get(
                    value.get("$ref", "").rsplit("/", 1)[-1], {}
                ).get("description")
                assert described or "then" in where or "else" in where or "if" in where, f"{where}/{key}"
            for key, value in node.items():
                walk(value, f"{where}/{key}")
        elif isinstance(node, list):
            for item in node:
                walk(item, where)

    walk(schema, "")


def test_every_example_and_default_of_the_schema_fits_it() -> None:
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    for name, parse in FORMATS.items():
        checker.checks(name, raises=ValueError)(lambda value, parse=parse: parse(value) is not None)
    root = load_schema("policies")
    shown = 0

    def walk(node: object) -> None:
        nonlocal shown
        if isinstance(node, dict):
            examples = node.get("examples", [])
            defaults = [node["default"]] if "default" in node else []
            for value in [*(examples if isinstance(examples, list) else []), *defaults]:
                Draft202012Validator({**node, "$defs": root["$defs"]}, format_checker=checker).validate(value)
                shown += 1
        for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            walk(inner)

    walk(root)
    assert shown > 50


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gitea: {base: https://g.example, owner: A}", "p.yaml:3:8: $.gitea: missing key 'repo'"),
        ("site: {url: https://s.example, page: [/]}", "p.yaml:3:32: $.site.page: unknown key 'page', did you"),
        ("site: {url: https://s.example, zzz: 1}", "p.yaml:3:32: $.site.zzz: unknown key 'zzz': known are url, pages"),
        ("nas: {root: /r, slots: [], access: prob}", "p.yaml:3:24: $.nas.slots: needs at least 1 entry"),
        ("limits: {wake: 1 day}", "p.yaml:3:16: $.limits.wake: '1 day' is no duration such as 90s, 15m, 24h or 7d"),
        ("limits: {wake: 60}", "p.yaml:3:16: $.limits.wake: expected text, got a number: quote it"),
        ("limits: {unknown_nights: 0}", "p.yaml:3:26: $.limits.unknown_nights: '0' is less than 1"),
        ("limits:", "p.yaml:3:8: $.limits: expected a map of keys, got nothing"),
        ("secrets: {patterns: [{id: a, regex: '(?=x)'}]}", "p.yaml:3:37: $.secrets.patterns[0].regex: '(?=x)' uses"),
        ("secrets: {key: {env: KEY}}", "p.yaml:3:16: $.secrets.key: missing key 'file'"),
        ("connect: {h.example: h:1}", "p.yaml:3:11: $.connect['h.example']: the key 'h.example' is no host:port"),
        ("connect: {h.example:443: h}", "p.yaml:3:26: $.connect['h.example:443']: 'h' is no host:port"),
        ("gitea: {base: https://g.example, owner: A, repo: r, baseline: 1234567}", "p.yaml:3:63: $.gitea.baseline: "),
        ("rules: [{id: a, for_each: nas.slots}]", "p.yaml:3:17: $.rules[0].for_each: 'for_each' "),
        ('local: {remote: "origin\\n"}', "p.yaml:3:17: $.local.remote: is no name of a remote"),
        ("rules: [{id: a, enabled: false}]", "p.yaml:3:9: $.rules[0]: missing key 'reason'"),
        ("rules: [{id: a, for_each: nas.slots, as: package}]", "p.yaml:3:42: $.rules[0].as: is a reserved word"),
        ("rules: [{id: a, assert: false}]", "p.yaml:3:25: $.rules[0].assert: is no text: put the expression in quotes"),
        ("rules: [{id: a, examples: {pass: 3}}]", "p.yaml:3:34: $.rules[0].examples.pass: is neither facts nor a list"),
        ("rules: [{id: a, invariant: secrets-out}]", "p.yaml:3:28: $.rules[0].invariant: 'secrets-out' is"),
        ("waivers: [{rule: a, owner: o, reason: because, expires: '2026-12-31'}]", "p.yaml:3:11: $.waivers[0]: names"),
        ("notify: [{smtp: 'h:25', heartbeat: {env: H}}]", "p.yaml:3:10: $.notify[0]: names one way"),
        ("notify: [{smtp: 'h:25'}]", "p.yaml:3:11: $.notify[0].smtp: 'smtp' needs the key 'from' beside it"),
        ("notify: [{heartbeat: {env: H}, events: [now]}]", "p.yaml:3:41: $.notify[0].events[0]: 'now' is"),
        ("nas: {root: /r, slots: [{name: a, port: 1}], proxy: {kind: none, files: [/f]}}", "p.yaml:3:73: $.nas.proxy"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(text: str, said: str) -> None:
    assert problems(GOOD + text)[0].startswith(said)


@pytest.mark.parametrize(
    "section",
    [
        "gitea: {base: https://g.example, owner: A, repo: r, token: TOKEN}",
        "gitea: {base: https://g.example, owner: A, repo: r, token: {env: TOKEN}}",
        "gitea: {base: 'https://user:TOKEN@g.example', owner: A, repo: r}",
        "nas: {root: /r, slots: [{name: a, port: 1}], ssh: 'user:TOKEN@nas.lan'}",
        "notify: [{webhook: 'https://hooks.example/TOKEN'}]",
        "publish: {token: {token: TOKEN}}",
    ],
)
def test_no_message_repeats_a_literal_secret(section: str) -> None:
    token = "0a" * 20
    said = problems(GOOD + section.replace("TOKEN", token))
    assert said
    assert token not in "".join(said)


def test_a_literal_token_is_told_where_a_token_belongs() -> None:
    said = problems(GOOD + "gitea: {base: https://g.example, owner: A, repo: r, token: 0a0a}")
    assert said == ["p.yaml:3:60: $.gitea.token: a secret never stands in this file: write {env: NAME} or {file: PATH}"]


def test_a_newer_format_is_the_only_thing_said() -> None:
    said = problems("schema: 2\nfuture: yes-please\n")
    assert said == ["p.yaml:1:9: $.schema: written for format 2, this tool reads 1: install the auditor that reads it"]


def test_problems_come_in_the_order_of_the_file_and_once() -> None:
    said = problems("id: '-'\nzeta: 1\nalpha: 1\nlimits: {wake: x}\n")
    assert [int(line.split(":")[1]) for line in said] == [1, 1, 2, 3, 4]
    assert len(set(said)) == len(said)


def test_free_keys_and_aliases_are_welcome_everywhere() -> None:
    assert problems(GOOD + "x-any: &a {wake: 5s, x-note: 1}\nlimits: *a\n") == []


def test_what_is_no_map_at_all_is_one_error() -> None:
    assert problems("- 1\n") == ["p.yaml:1:1: $: expected a map of keys, got a list"]


def test_passwords_are_cut_out_of_what_is_quoted() -> None:
    assert quoted("https://me:pa55@host/") == "'https://***@host/'"
    assert len(quoted("x" * 500)) < 70


def test_an_unknown_schema_says_how_to_mend_it() -> None:
    with pytest.raises(ConfigError, match="install the program again"):
        load_schema("none")


def test_the_standard_policy_and_the_schemas_are_found() -> None:
    assert data_file("policies.yaml").is_file()
    assert data_file("schemas/policies.schema.json").is_file()


def test_jsonschema_is_imported_only_to_validate() -> None:
    code = "import sys, auditor.config.loader; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
