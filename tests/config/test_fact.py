"""Rules see the file's values and no secret's place; what they see survives the codec and differs on no machine."""

from dataclasses import fields, replace
from pathlib import Path

from auditor.config import Config, Limits
from auditor.config.fact import config_facts, limits_facts
from auditor.config.loader import load_chain, read_chain
from auditor.document import load_document
from auditor.model.codec import canonical, decode, encode
from auditor.model.facts.config import ConfigFacts, LimitsFacts

DATA = Path(__file__).parents[1] / "data" / "config"
RULE = "invariant: audit, severity: low, title: t, assert: 'true', message: m}"


def example() -> Config:
    standard = f"schema: 1\nrules: [{{id: gitea-main-no-bypass, {RULE}, {{id: nas-slots-agree, {RULE}]"
    return load_chain(replace(read_chain(DATA / "example.yaml"), inherited=(load_document(standard),))).config


def test_facts_come_back_from_their_json() -> None:
    facts = config_facts(example())
    assert decode(ConfigFacts, encode(facts)) == facts
    limits = limits_facts(example())
    assert decode(LimitsFacts, encode(limits)) == limits


def test_no_name_of_a_secrets_place_is_a_fact() -> None:
    text = canonical(encode(config_facts(example())))
    for place in ("AUDITOR_", "hmac.key", "id_ed25519", "auditor_ed25519", "ca.pem", "SHA256:"):
        assert place not in text


def test_a_token_is_told_to_be_given() -> None:
    gitea = config_facts(example()).gitea
    assert gitea is not None
    assert gitea.token_given


def test_paths_are_told_as_the_file_sees_them() -> None:
    local = config_facts(example()).local
    assert local is not None
    assert local.path == "."
    assert str(Path.home()) not in canonical(encode(config_facts(example())))


def test_limits_are_texts_of_cel_durations_and_all_of_them_are_there() -> None:
    facts = limits_facts(Config(id="a", limits=Limits(max_lag=0, wake=1.5)))
    assert (facts.max_lag, facts.wake, facts.every, facts.unknown_nights) == ("0s", "1.5s", "86400s", 3)
    assert {field.name for field in fields(LimitsFacts)} == {field.name for field in fields(Limits)}


def test_absent_sections_are_null() -> None:
    encoded = encode(config_facts(Config(id="a")))
    assert [encoded[name] for name in ("local", "gitea", "nas", "site", "rollback")] == [None] * 5
