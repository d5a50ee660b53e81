"""With hyperscan a search finds and judges what it does without; it is only sooner through."""

import random
import string
from functools import cache
from threading import Thread

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.detector import accelerator
from auditor.detector.accelerator import Accelerator, accelerator_version
from auditor.detector.candidate import find_candidates
from auditor.detector.catalogue import KINDS
from auditor.detector.kind import Candidate, Known
from auditor.detector.presence import Places, Text, present_words
from auditor.detector.search import search

pytestmark = pytest.mark.skipif(accelerator_version() is None, reason="hyperscan is not installed: the extra `fast`")
ALNUM = string.ascii_letters + string.digits


def made(dice: random.Random, size: int) -> str:
    return "".join(dice.choices(ALNUM, k=size))


def texts(seed: int) -> list[str]:
    dice = random.Random(seed)
    value = made(dice, 24)
    return [
        f"DB_PASSWORD={value}",
        f'{{"client_secret": "{value}"}}',
        f"AUTH_SALT: '{value}'",
        f"https://u:{value}@h/",
        "token = ghp_" + made(dice, 36),
        "AKIA" + "".join(dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16)),
        "GITEA_TOKEN=" + "".join(dice.choices("0123456789abcdef", k=40)),
        f"ENV API_KEY {value}",
        f"deploy --token {value}",
        f"<Password>{value}</Password>",
        f"path: {value}",
        "nothing at all",
        "-----BEGIN PRIVATE KEY-----\n" + value,
    ]


@cache
def eager() -> Accelerator:
    """One that has searched enough already."""
    one = Accelerator(KINDS)
    one.places(Text(b"\0" * accelerator.ENOUGH_BYTES))
    return one


def taken(places: dict[int, Places] | None, text: Text) -> set[tuple[str, int, int]]:
    """What the judges of the kinds take for secrets."""
    assert places is not None
    return {
        (KINDS[index].id, one.start, one.end)
        for index, some in places.items()
        for one in find_candidates(KINDS[index], some, text)
        if isinstance(one, Candidate) and KINDS[index].judge(one) is None
    }


@pytest.mark.parametrize("seed", range(6))
def test_each_place_that_the_search_without_it_takes_for_a_secret_is_seen_and_no_other(seed: int) -> None:
    dice = random.Random(seed)
    lines = [line for one in range(seed, seed + 9) for line in texts(one)]
    lines += ["word " * dice.randrange(300) for _ in range(20)]
    dice.shuffle(lines)
    for joined in ("\n", " ", ";", "\n" * 900):
        text = Text(joined.join(lines).encode())
        without = taken(present_words(KINDS, text), text)
        assert taken(eager().places(text), text) == without
        assert len(without) > 30


@given(
    st.lists(st.sampled_from([*(word for kind in KINDS for word in kind.words), *"=:@'\"\n >", "a1" * 20, "x9Q7" * 9]))
)
@settings(derandomize=True)
@example(["glpat-", "gto_", "hvs.", "-----begin"])
def test_it_sees_the_same_in_any_text(pieces: list[str]) -> None:
    text = Text("".join(pieces).encode())
    assert taken(eager().places(text), text) == taken(present_words(KINDS, text), text)


def test_a_line_that_was_judged_before_is_told_again_as_it_was() -> None:
    lines = [
        "secret_key: undefined",
        "  API_TOKEN = os.environ['API_TOKEN']",
        "- name: DB_PASSWORD",
        "  value: changeme",
    ]
    one, other = Text("\n".join(["", *lines, ""]).encode()), Text("\n".join(["", "", *lines, "more: 1", ""]).encode())
    index = len(KINDS) - 1
    told = []
    for text in (one, other):
        found = list(find_candidates(KINDS[index], (eager().places(text) or {})[index], text))
        told.append([(type(each), text.plain[each.start : each.end]) for each in found])
    assert [kind for kind, _ in told[0]] == [Candidate] * len(lines[1:])
    assert told[1] == [(Known, value) for _, value in told[0]]
    assert search(one.raw, place="p", key=b"k").suppressed == search(other.raw, place="p", key=b"k").suppressed


def test_it_stands_back_until_it_is_worth_its_while() -> None:
    assert Accelerator(KINDS).places(Text(b"DB_PASSWORD=x")) is None


def test_what_another_one_compiled_serves_at_once_and_nothing_else_does() -> None:
    fresh = Accelerator(KINDS)
    assert not fresh.restore(b"") and not fresh.restore(b"no database of hyperscan's" * 9)
    assert fresh.places(Text(b"DB_PASSWORD=x")) is None
    assert fresh.restore(eager().compiled())
    assert fresh.identity == eager().identity != Accelerator(KINDS[1:]).identity
    text = Text("\n".join(texts(1)).encode())
    assert fresh.places(text) == eager().places(text)


def test_threads_that_search_at_once_find_all() -> None:
    text = ("x = 1\n" * 40_000) + "GITEA_TOKEN=" + "".join(random.Random(1).choices("0123456789abcdef", k=40))
    counts: list[int] = []

    def work() -> None:
        counts.extend(len(search(text, place="p", key=b"k").secrets) for _ in range(25))

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [1] * 75
