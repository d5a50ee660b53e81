"""Facts lose what is a secret, and nothing else."""

from dataclasses import dataclass

from auditor.pipeline.mask import masked

TOKEN = "3f9a1c77e0b24d5f8a6e90c1d2b34f5a6b7c8d9e"


@dataclass(frozen=True)
class Inner:
    subject: str
    commit: str


@dataclass(frozen=True)
class Outer:
    name: str
    inner: tuple[Inner, ...]
    count: int = 1


def test_a_text_is_cut_where_a_secret_begins() -> None:
    facts = Outer("feat/token=" + TOKEN, (Inner("Fix it", TOKEN), Inner(f"GITEA_TOKEN={TOKEN} and more", TOKEN)))
    assert masked(facts) == Outer("feat/token=…", (Inner("Fix it", TOKEN), Inner("GITEA_TOKEN=…", TOKEN)))


def test_facts_without_a_secret_are_the_same_object() -> None:
    facts = Outer("feat/add-a-token-field", (Inner("Rotate the token of gitea", TOKEN), Inner("token", TOKEN)))
    assert masked(facts) is facts


def test_neighbours_say_nothing_of_each_other() -> None:
    facts = Outer("GITEA_TOKEN", (Inner("a gitea token", TOKEN), Inner("token: ", f"commit {TOKEN}")))
    assert masked(facts) is facts


def test_more_secrets_than_are_judged_in_one_text_are_cut_all_the_same() -> None:
    facts = Outer("", tuple(Inner(f"DB_PASSWORD=aX9{number:07}kQz", "") for number in range(3000)))
    assert all(one.subject == "DB_PASSWORD=…" for one in masked(facts).inner)
