"""With hyperscan a search finds and judges what it does without; it is only sooner through."""

import random
import string
from threading import Thread

import pytest

from auditor.detector import accelerator
from auditor.detector.accelerator import Accelerator, accelerator_version
from auditor.detector.catalogue import KINDS
from auditor.detector.presence import present_words
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


def eager() -> Accelerator:
    """One that has searched enough already."""
    one = Accelerator(KINDS)
    one.present_words(b"\0" * (accelerator.ENOUGH_BYTES))
    return one


@pytest.mark.parametrize("seed", range(3))
def test_every_kind_that_the_search_finds_is_seen_in_one_pass(seed: int) -> None:
    one = eager()
    for text in texts(seed):
        found = {secret.kind for secret in search(text, place="p", key=b"k").secrets}
        seen = one.present_words(text.encode())
        assert seen is not None
        assert found <= {KINDS[index].id for index in seen}
        known = present_words(KINDS, text.encode(), text.lower())
        assert set(seen) <= set(known)


def test_it_stands_back_until_it_is_worth_its_while() -> None:
    assert Accelerator(KINDS).present_words(b"DB_PASSWORD=x") is None


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
