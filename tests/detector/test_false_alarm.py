"""What only looks like a secret is told apart by what it is and where it stands, and every such judgement is told."""

import random
import string

import pytest

from auditor.detector.fixture import is_fixture, is_made_up
from auditor.detector.search import Dismissal, explain, search

KEY = b"k" * 32
_DICE = random.Random(11)
PASSWORD = "".join(_DICE.choices(string.ascii_letters + string.digits, k=20))
TOKEN = "".join(_DICE.choices("0123456789abcdef", k=40))
GITHUB = "ghp_" + "".join(_DICE.choices(string.ascii_letters + string.digits, k=36))


def found(text: str, place: str = "p") -> list[str]:
    return [one.kind for one in search(text, place=place, key=KEY).secrets]


def reasons(text: str, place: str = "p") -> list[str]:
    return [one.reason for one in explain(text, place=place)]


def test_a_hash_that_the_repository_resolves_is_an_object_and_no_token() -> None:
    text = f"GITEA_TOKEN={TOKEN}\n"
    known = search(text, place="p", key=KEY, is_object=lambda value: value == TOKEN)
    assert known.secrets == ()
    assert known.suppressed == (("gitea-token", "object-id", 1),)
    assert search(text, place="p", key=KEY, is_object=lambda value: False).secrets


def test_a_value_of_another_form_is_never_asked_for_as_an_object() -> None:
    def refuse(value: str) -> bool:
        raise AssertionError(len(value))

    assert search(f"DB_PASSWORD={PASSWORD}", place="p", key=KEY, is_object=refuse).secrets


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={PASSWORD}  # auditor:allow a throw-away database\n",
        f"# auditor:allow a throw-away database\nDB_PASSWORD={PASSWORD}\n",
        f"x = 1\n// auditor:allow: rotated\ntoken = '{GITHUB}'\n",
    ],
)
def test_a_reason_on_the_line_or_the_one_before_lets_a_secret_stay(text: str) -> None:
    assert found(text) == []
    assert reasons(text) == ["allowed"]


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={PASSWORD}  # auditor:allow\n",
        f"# auditor:allow a reason\n\nDB_PASSWORD={PASSWORD}\n",
        f"DB_PASSWORD={PASSWORD}\n# auditor:allow a reason\n",
        f"DB_PASSWORD={PASSWORD}  # gitleaks:allow\n",
    ],
)
def test_an_allowance_without_a_reason_or_elsewhere_lets_nothing_stay(text: str) -> None:
    assert found(text) == ["named-value"]


@pytest.mark.parametrize(
    "path",
    ["tests/x.py", "a/test/b.js", "spec/x.rb", "test_it.py", "pkg/x_test.go", "src/a.test.tsx", "a/fixtures/k.pem"],
)
def test_what_a_test_makes_up_is_no_secret_and_a_token_of_a_service_is(path: str) -> None:
    assert is_fixture(path)
    assert found(f"DB_PASSWORD={PASSWORD}\n{GITHUB}\n", path) == ["github-token"]
    assert reasons(f"DB_PASSWORD={PASSWORD}\n", path) == ["fixture"]
    assert is_made_up("named-value", "", path)
    assert not is_made_up("github-token", "ghp_", path)
    assert is_made_up("kingfisher/datadog-api-key", "", path)
    assert not is_made_up("kingfisher/neon-api-key", "napi_", path)


@pytest.mark.parametrize("path", ["src/latest.py", "contest/x.py", "attestation/a", "x", "protest.go", "deploy/.env"])
def test_other_paths_are_no_tests(path: str) -> None:
    assert not is_fixture(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("user_key: 'somebody@domain.example'", "placeholder"),
        ("user_key: 'somebody@domain.net'", "address"),
        ("user_key: '110491234567894702010'", "number"),
        ('SECRET_NODE_OPTIONS="--dns-result-order=ipv4first"', "address"),
        ("token_options = \"--token '#{access_token}'\"", "placeholder"),
        ("password: changeme", "placeholder"),
        ("DB_PASSWORD=aB3dE6gH9jK2mN5pPK\x01\x02\x14\x03", "binary"),
        ("connect(api_key=api_key)", "reference"),
        ("tool --api-key API_KEY", "reference"),
        ('"detect-secrets==1.5.50"', "number"),
        ("keys: 'Iterable[VerificationKey]'", "code"),
        ("result_key_prefix = 'settings/[0]/database_flags'", "code"),
        ("NO_API_KEY = 'Findings are shown, but only with a subscription'", "words"),
    ],
)
def test_the_reason_is_told(text: str, reason: str) -> None:
    assert reasons(text) == [reason]


def test_an_explanation_names_kind_reason_and_line_alone() -> None:
    text = f"\nDB_PASSWORD=changeme\nx\nGITEA_TOKEN={'0' * 40}\nA_PASSWORD={PASSWORD}\n"
    assert explain(text, place="p") == (
        Dismissal("named-value", "placeholder", 2),
        Dismissal("gitea-token", "repetition", 4),
    )
