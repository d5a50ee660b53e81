"""The second engine: what it adds, that the judgement is ours, and that it never fails in silence or hangs."""

import hashlib
import hmac
import random
import shutil
import string
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.detector.engine import EngineError, engine_versions
from auditor.detector.kingfisher import Kingfisher, Rule, public_prefix, rule_of
from auditor.detector.search import explain, search

pytest.importorskip("kingfisher_sdk")
ENGINE = Kingfisher()
KEY = b"k" * 32
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
_DICE = random.Random(11)


def made(alphabet: str, size: int) -> str:
    return "".join(_DICE.choices(alphabet, k=size))


def found(text: str | bytes, place: str = "", **given: Any) -> list[tuple[str, str, str]]:
    result = search(text, place=place, key=KEY, engine=ENGINE, **given)
    assert result.complete
    return [(one.kind, one.hint, one.hmac) for one in result.secrets]


def mark(value: str) -> str:
    return hmac.new(KEY, value.encode(), hashlib.sha256).hexdigest()


NEON = "napi_" + made(ALNUM, 64)
AIRTABLE = f"pat{made(ALNUM, 14)}.{made(HEX, 64)}"


def test_a_vendors_token_is_found_by_its_form_and_shown_by_its_public_prefix_at_most() -> None:
    text = f"we used {NEON} once\nand {AIRTABLE} too\n"
    assert found(text) == [
        ("kingfisher/neon-api-key", "napi_", mark(NEON)),
        ("kingfisher/airtable-personnal-access-token", "", mark(AIRTABLE)),
    ]
    assert search(text, place="", key=KEY).secrets == ()
    assert NEON[5:] not in repr(search(text, place="", key=KEY, engine=ENGINE))


def test_what_both_engines_find_is_one_secret_of_the_kind_that_says_most() -> None:
    npm = "npm_" + made(ALNUM, 36)
    assert found(f"use {npm}\n") == [("npm-token", "npm_", mark(npm))]
    assert found(f"NEON_API_KEY={NEON}\n") == [("kingfisher/neon-api-key", "napi_", mark(NEON))]
    assert found(f"NEON_API_KEY={NEON}\n", "tests/a.py") == found(NEON)
    key = made(HEX, 40)
    assert found(f"DATADOG_APP_KEY={key}\n") == [("named-value", "", mark(key))]
    password = made(ALNUM, 20)
    assert found(f"x = postgres://app:{password}@db.site/x\n") == [("url-credential", "", mark(password))]


@pytest.mark.parametrize(
    "text",
    [
        "napi_" + "x" * 64,
        "napi_" + (ALNUM + ALNUM)[:64],
        f"{NEON}  # auditor:allow it was revoked",
        'virustotal = "<insert your key of sixty-four hexadecimal digits here, from the page>"',
        f"circleci_commit: {made(HEX, 40)}",
    ],
)
def test_our_judgement_tells_what_is_none(text: str) -> None:
    assert found(text + "\n") == []


def test_a_key_beside_a_vendors_name_is_made_up_in_a_test_and_a_token_with_a_prefix_is_not() -> None:
    beside = f"datadog, {made(HEX, 40)}\n"
    assert [kind for kind, _, _ in found(beside)] == ["kingfisher/datadog-application-key"]
    assert found(beside, "tests/test_it.py") == []
    assert found(NEON, "tests/test_it.py") == found(NEON)
    (told,) = explain(beside, place="tests/test_it.py", engine=ENGINE)
    assert (told.kind, told.reason) == ("kingfisher/datadog-application-key", "fixture")


def test_an_object_of_the_repository_is_no_key() -> None:
    name = made(HEX, 40)
    assert found(f"datadog, {name}\n", is_object=lambda one: one == name) == []


@pytest.mark.parametrize("before", [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x00\x01\x80", b"\xc3\x28 "])
def test_any_bytes_may_stand_before_and_places_stay_those_of_the_bytes(before: bytes) -> None:
    text = before + f"\n{NEON}\n".encode()
    (one,) = search(text, place="", key=KEY, engine=ENGINE).secrets
    assert text[one.start : one.end].decode() == NEON
    assert one.line == 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "latin-1"])
def test_a_part_in_another_encoding_hides_no_plain_one(encoding: str) -> None:
    text = f"{NEON}\n".encode() + ("a text of some length\n" * 200).encode(encoding)
    assert found(text) == found(NEON)


def test_what_is_made_to_be_shown_and_what_our_kinds_judge_is_left_out() -> None:
    for name in ("betterleaks.discord-client-id", "betterleaks.posthog-project-api-key", "betterleaks.jwt"):
        assert rule_of(name, {"pattern": "x"}) == Rule("")
    alone = {"pattern": r"\b(sb_secret_[a-z]{31})", "depends_on_rule": [{"rule_id": "url"}]}
    assert rule_of("betterleaks.supabase-project-api-key", alone) == Rule("")
    rule = rule_of("betterleaks.virustotal-api-key.1", {"pattern": "(?i)(?:virustotal)(?:=|>)([a-f0-9]{64})"})
    assert rule.prefixed is not None
    assert (rule.prefix, rule.prefixed.id) == ("", "kingfisher/virustotal-api-key")


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        (r"\b(napi_[A-Za-z0-9]{64})(?:\\?['\"]|$)", "napi_"),
        (r"(?i)\b(sk-or-v1-[0-9a-f]{64})", "sk-or-v1-"),
        (r"(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})", "SG."),
        (r"(?P<TOKEN>\bddp_[a-z]{36})", "ddp_"),
        (r"\b(BSA[A-Za-z0-9_-]{24,40})\b", ""),
        (r"(?i)(?:airtable)(?:[ \t\w.-]{0,20})[\s'\"]{0,3}(?:=|>|:)([a-z0-9]{17})", ""),
        (r"(?i)\bbitly(?:.|[\n\r]){0,32}?(?:SECRET|KEY)", ""),
        (r"https://[a-z0-9]+\.webhook\.office\.com/", ""),
        (r"keys?[a-z]{20}", ""),
    ],
)
def test_a_public_prefix_is_what_every_match_begins_with(pattern: str, prefix: str) -> None:
    assert public_prefix(pattern) == prefix


class Rules:
    def detail(self, rule: str) -> dict[str, str]:
        return {"pattern": r"\b(napi_[a-z]{64})"}


class Broken:
    """A scanner that fails as native code does."""

    def __init__(self, fault: BaseException | list[Any]) -> None:
        self.fault = fault

    def scan(self, data: bytes, *, timeout: float) -> list[Any]:
        if isinstance(self.fault, BaseException):
            raise self.fault
        return self.fault


class Panic(BaseException):
    """What a panic of Rust is in Python."""


@pytest.mark.parametrize("fault", [TimeoutError("deadline"), RuntimeError(NEON), Panic(NEON)])
def test_a_fault_is_said_without_its_text_and_what_our_kinds_found_stands(fault: BaseException) -> None:
    engine = Kingfisher(lambda: (Rules(), Broken(fault)))  # type: ignore[arg-type,return-value]
    with pytest.raises(EngineError) as raised:
        engine.find(b"x")
    assert NEON not in str(raised.value)
    result = search(f"A_TOKEN={NEON}\n", place="", key=KEY, engine=engine)
    assert result.unsearched == f"kingfisher gave up: {type(fault).__name__}"
    assert len(result.secrets) == 1


def test_ctrl_c_is_no_fault_of_the_engine() -> None:
    engine = Kingfisher(lambda: (Rules(), Broken(KeyboardInterrupt())))  # type: ignore[arg-type,return-value]
    with pytest.raises(KeyboardInterrupt):
        engine.find(b"x")


def test_places_that_are_not_those_of_the_text_are_never_believed() -> None:
    one = SimpleNamespace(visible=True, rule_id="a", secret="other", location={"start_offset": 1, "end_offset": 6})
    engine = Kingfisher(lambda: (Rules(), Broken([one])))  # type: ignore[arg-type,return-value]
    with pytest.raises(EngineError, match="are not those of the text"):
        engine.find(b"napi_")


def test_an_engine_that_can_not_be_loaded_is_said_with_every_text() -> None:
    def load() -> Any:
        raise ImportError("libvectorscan")

    engine = Kingfisher(load)
    for _ in range(2):
        assert search("x", place="", key=KEY, engine=engine).unsearched == "kingfisher gave up: ImportError"


@pytest.mark.parametrize(
    "unit", ["-----BEGIN PRIVATE KEY-----", "cloudinary key ", "x.snowflakecomputing.com ", "eyJ", "a", "key = '", "\n"]
)
def test_no_text_makes_it_hang(unit: str) -> None:
    text = (unit * (1 + (128 << 10) // len(unit))).encode()
    began = time.process_time()
    search(text, place="", key=KEY, engine=ENGINE)
    assert time.process_time() - began < 3


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace sees what it opens")
def test_it_opens_no_connection(tmp_path: Path) -> None:
    script = (
        "from auditor.detector.engine import second_engine\n"
        f"assert list(second_engine().find(b'{NEON} sk_live_{made(ALNUM, 24)}'))\n"
    )
    log = tmp_path / "calls"
    command = ["strace", "-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", str(log), sys.executable, "-c", script]
    assert subprocess.run(command, check=False).returncode == 0
    assert "AF_INET" not in log.read_text()


def test_the_engines_of_a_search_are_known_by_name_and_version() -> None:
    versions = dict(engine_versions())
    assert set(versions) >= {"auditor", "kingfisher"}
    assert versions["kingfisher"].startswith("1.")
