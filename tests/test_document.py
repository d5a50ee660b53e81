"""Places are right for every node and key, expressions map into the file, and hostile YAML ends at once."""

import json
import string
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.document import Document, load_document, path_text
from auditor.errors import ConfigError

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


def problems(source: str | Path, **options: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_document(source, "x.yaml", **options)
    return list(caught.value.problems)


def character(document: Document, place: tuple[int, int]) -> str:
    line, column = place
    return (document.text.split("\n")[line - 1] + "\n")[column - 1]


@pytest.mark.parametrize("loader", LOADERS)
def test_scalars_mean_what_a_reader_expects(loader: type) -> None:
    text = (
        "a: 1\nb: -2\nc: 1.5\nd: 1234567e8\ne: 2026-12-31\nf: 12:30:45\ng: ~\nh:\ni: true\nj: 'no'\nk: 192.0.2.7\n"
        "l: {h.example:443: 192.0.2.7:443}\nm: [local:.env]\nq: 0.5\no: 0abc\np: .env\n443: x\n"
    )
    assert load_document(text, loader=loader).data == {
        "a": 1, "b": -2, "c": 1.5, "d": "1234567e8", "e": "2026-12-31", "f": "12:30:45", "g": None, "h": None,
        "i": True, "j": "no", "k": "192.0.2.7", "l": {"h.example:443": "192.0.2.7:443"}, "m": ["local:.env"],
        "q": 0.5, "o": "0abc", "p": ".env", "443": "x",
    }  # fmt: skip


@pytest.mark.parametrize("loader", LOADERS)
def test_every_ambiguity_of_a_file_is_told_at_once_with_its_place(loader: type) -> None:
    text = "on: 1\nb: NO\nc: 0755\nd: !foo x\n<<: {}\nb: 2\ne: [y, 007.5]\nf: 123456789012345678901\n"
    assert problems(text, loader=loader) == [
        "x.yaml:1:1: $.on: ambiguous 'on': write true/false or quote it",
        "x.yaml:2:4: $.b: ambiguous 'NO': write true/false or quote it",
        "x.yaml:3:4: $.c: ambiguous number '0755': quote it, or write it without the leading zero",
        "x.yaml:4:4: $.d: the tag '!foo' is not allowed: quote a text that starts with '!'",
        "x.yaml:5:1: $['<<']: merge keys are not allowed: write the keys out",
        "x.yaml:6:1: $.b: duplicate key 'b' (first at line 2)",
        "x.yaml:7:5: $.e[0]: ambiguous 'y': write true/false or quote it",
        "x.yaml:7:8: $.e[1]: ambiguous number '007.5': quote it, or write it without the leading zero",
        "x.yaml:8:4: $.f: the number '123456789012…' is too long: quote it if it is an id",
    ]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [*a]", "x.yaml:1:8: $.a[0]: the alias '*a' contains itself"),
        ("a: &a {b: {c: *a}}", "x.yaml:1:15: $.a.b.c: the alias '*a' contains itself"),
        ("a: *b", "x.yaml:1:4: $.a: the alias '*b' has no anchor"),
        ("? [1]\n: 2", "x.yaml:1:3: $: a key must be plain text"),
        ("a: &k x\n*k : 2", "x.yaml:2:1: $: an alias can't be a key"),
        ("a: 1\n---\nb: 1", "x.yaml:2:1: $: a second document starts here"),
        ("a:\n\tb: 1", "x.yaml:2:1: $: a tab can't indent: use spaces"),
        ("a: b: c", "x.yaml:1:5: $: mapping values are not allowed"),
        ("a: 'b' c", "x.yaml:1:8: $"),
        ("", "x.yaml:1:1: $: is empty"),
        ("# nothing\n", "x.yaml:1:1: $: is empty"),
        ('a: "\\uD800"', "x.yaml:1:"),
        ("a: \u202e", "x.yaml:1:4: $: the character U+202E is not allowed"),
        ("a: \u2028", "x.yaml:1:4: $: the character U+2028 is not allowed"),
        ("a: b\rc: d", "x.yaml:1:5: $: the character U+000D is not allowed"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str, said: str, loader: type) -> None:
    assert problems(text, loader=loader)[0].startswith(said)


def test_aliases_are_written_out_and_placed_at_their_anchor() -> None:
    document = load_document("x-a: &a {k: v}\nb: *a\n")
    assert document.data == {"x-a": {"k": "v"}, "b": {"k": "v"}}
    assert document.place(("b", "k")) == (1, 13)
    assert document.place(("b",), key=True) == (2, 1)


def test_a_missing_path_is_placed_at_the_nearest_node_above_it() -> None:
    document = load_document("a:\n  b: 1\n")
    assert document.place(("a", "zz", 3)) == (2, 3)
    assert document.place((), key=True) == (1, 1)


def test_paths_read_like_in_the_reference() -> None:
    assert path_text(("rules", 2, "needs-rights", "a b", "it's")) == "$.rules[2].needs-rights['a b'][\"it's\"]"


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("e: a.bad == 1\n", (1, 3), (1, 6)),
        ("e: 'it''s.bad'\n", (1, 6), (1, 11)),
        ('e: "a\\t\\u00e9.bad"\n', (1, 5), (1, 15)),
        ("é: a\n   .bad\n", (1, 3), (2, 4)),
        ("é: 'a\n\n   .bad'\n", (2, 1), (3, 4)),
        ('e: "a \\\n   .bad"\n', (1, 3), (2, 4)),
        ("l:\n  - e: |  # c\n      a\n        || b.bad\n", (2, 6), (4, 12)),
        ("e: |2\n    a.bad\n", (1, 5), (2, 7)),
        ("e: |\n\n  a.bad", (2, 3), (3, 5)),
        ("e: >\n  a\n  .bad\n", (1, 3), (1, 4)),
        ("e: a.bad\n", (1, 999), (1, 9)),
        ("e: a.bad\n", (999, 1), (1, 4)),
        ("e: 17\n", (1, 2), (1, 4)),
    ],
)
def test_a_place_in_an_expression_is_a_place_in_the_file(
    text: str, at: tuple[int, int], expected: tuple[int, int], loader: type
) -> None:
    document = load_document(text, loader=loader)
    path = ("l", 0, "e") if text.startswith("l") else (text[0],)
    assert document.expression_place(path, *at) == expected


words = st.text(string.ascii_letters + "éß漢😀 .:-#'\"\\[{,", max_size=12)
trees = st.recursive(
    words | st.integers(-(10**6), 10**6) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(words, inner, min_size=1, max_size=4),
    max_leaves=12,
)
Path_ = tuple[str | int, ...]
Places = dict[Path_, tuple[int, int]]


class Writer:
    """Writes a tree as YAML, quoting in turn by ' and ", in flow or block style, and remembers where each part went."""

    def __init__(self, flow_below: int) -> None:
        self.flow_below, self.text = flow_below, ""
        self.nodes: Places = {}
        self.keys: Places = {}

    def here(self) -> tuple[int, int]:
        return self.text.count("\n") + 1, len(self.text) - self.text.rfind("\n")

    def scalar(self, value: object) -> None:
        if isinstance(value, str):
            single = "'" + value.replace("'", "''") + "'"
            self.text += single if len(value) % 2 else json.dumps(value, ensure_ascii=False)
        else:
            self.text += json.dumps(value)

    def write(self, tree: object, path: Path_ = ()) -> None:
        if not isinstance(tree, (dict, list)):
            self.nodes[path] = self.here()
            self.scalar(tree)
            return
        flow = len(path) >= self.flow_below
        if flow:
            self.nodes[path] = self.here()
            self.text += "{ " if isinstance(tree, dict) else "[ "
        for index, (step, value) in enumerate(tree.items() if isinstance(tree, dict) else enumerate(tree)):
            self.text += (", " if index else "") if flow else "\n" + "  " * len(path)
            if not flow:
                self.nodes.setdefault(path, self.here())
            self.step(step, path)
            self.write(value, (*path, step))
        if flow:
            self.text += " }" if isinstance(tree, dict) else " ]"

    def step(self, step: str | int, path: Path_) -> None:
        if isinstance(step, str):
            self.keys[*path, step] = self.here()
            self.scalar(step)
            self.text += " : "
        elif len(path) < self.flow_below:
            self.text += "- "


@pytest.mark.parametrize("loader", LOADERS)
@settings(deadline=None, max_examples=150)
@given(tree=trees.filter(lambda tree: tree is not None), flow_below=st.integers(0, 3))
def test_every_node_and_key_stands_where_its_place_says(loader: type, tree: object, flow_below: int) -> None:
    writer = Writer(flow_below)
    writer.write(tree)
    document = load_document(writer.text, loader=loader)
    assert document.data == tree
    assert {path: document.place(path) for path in writer.nodes} == writer.nodes
    assert {path: document.place(path, key=True) for path in writer.keys} == writer.keys


@pytest.mark.parametrize("loader", LOADERS)
@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(["ab", "C", "''", " ", "\n  ", "\n\n  ", "é", "😀"]), min_size=1), st.sampled_from("'\"")
)
def test_every_letter_of_a_quoted_text_is_found_in_the_file(loader: type, parts: list[str], quote: str) -> None:
    text = f"k:\n  - {quote}{''.join(parts)}{quote}\n"
    document = load_document(text, loader=loader)
    value = document.data["k"][0]
    for number, line in enumerate(value.split("\n"), 1):
        for column, char in enumerate(line, 1):
            if not char.isspace():
                assert character(document, document.expression_place(("k", 0), number, column)) == char


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for loader in LOADERS:
        try:
            load_document(text, "x.yaml", loader=loader)
        except ConfigError as error:
            assert all(problem.startswith("x.yaml:") and "\n" not in problem for problem in error.problems)


def test_an_alias_bomb_is_stopped_within_200_ms() -> None:
    names = string.ascii_lowercase
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{names[i]}: &{names[i]} [{','.join([f'*{names[i - 1]}'] * 10)}]\n" for i in range(1, 20)
    )
    started = time.process_time()
    assert "more than 50000 nodes" in problems(bomb)[0]
    assert time.process_time() - started < 0.2


@pytest.mark.parametrize("text", ["[" * 900_000, "{a: " * 200_000, "- " * 400_000, "? " * 400_000])
def test_deep_nesting_ends_at_once_and_crashes_nothing(text: str) -> None:
    started = time.process_time()
    assert len(problems(text)) == 1
    assert time.process_time() - started < 1


def test_aliases_add_to_the_depth() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 60))
    assert "nested deeper than 40 levels" in problems(chain)[0]


def test_a_megabyte_of_nodes_is_refused_within_two_seconds() -> None:
    started = time.process_time()
    assert "more than 50000 nodes" in problems("- a\n" * 240_000)[0]
    assert time.process_time() - started < 2


def test_ever_more_errors_end_the_reading() -> None:
    assert len(problems("- no\n" * 10_000)) == 201


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\x00\x01\x02", "x.yaml:1:1: $: the character U+0000 is not allowed: remove it, or is this a binary file?"),
        (b"a: b\nc: \xff\n", "x.yaml:2:4: $: is not UTF-8 text: save it as UTF-8"),
        ("a: b".encode("utf-16"), "x.yaml:1:1: $: is UTF-16: save it as UTF-8"),
        (b"a" * 1_000_001, "x.yaml: is larger than 1 MB: a policy file holds rules, not data"),
    ],
)
def test_a_file_that_is_no_policy_gets_one_clear_line(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(raw)
    assert problems(path) == [said]


def test_a_missing_file_and_a_folder_get_one_clear_line(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.yaml")[0].startswith("x.yaml: does not exist: ")
    assert problems(tmp_path)[0].startswith("x.yaml: is no file: ")


def test_a_byte_order_mark_and_windows_newlines_move_no_place(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = load_document(path)
    assert document.data == {"a": 1, "b": 2}
    assert (document.place(("a",)), document.place(("b",))) == ((1, 4), (2, 4))
