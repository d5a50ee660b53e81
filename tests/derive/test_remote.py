"""The clone's remotes: the canonical repository in whatever form, and every credential with its place."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.config import Config
from auditor.derive.remote import derive
from auditor.model.facts.git_config import CredentialPlace, Origin, Remote, RemoteAddress, RemoteUrl
from auditor.model.facts.gitea import Gitea, Repository
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

ORIGIN = Origin(level="local", file=".git/config", line=7)
URL = RemoteUrl(
    form="https", text="https://git.example.net/Acme/site.git", scheme="https", host="git.example.net", port=None,
    path="/Acme/site.git", owner="Acme", repository="site", user_present=False, credential_kind=None,
)  # fmt: skip


def remotes(url: RemoteUrl, name: str = "origin") -> tuple[Remote, ...]:
    return (Remote(name=name, addresses=(RemoteAddress(direction="fetch", url=url, rewritten=False, origin=ORIGIN),)),)


def fault(seen: Any, config: Config, url: RemoteUrl) -> Any:
    derived = derive(seen(remotes=remotes(url), remote="origin"), config)
    assert derived.addresses is not MISSING
    return derived.addresses[0].fault


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"form": "ssh", "scheme": "ssh", "host": "GIT.example.NET", "port": 2222},
        {"form": "scp", "scheme": None, "host": "nas.lan"},
        {"owner": "acme", "repository": "SITE"},
    ],
)
def test_every_form_of_the_canonical_address_is_right(seen: Any, served: Config, change: dict[str, Any]) -> None:
    assert fault(seen, served, replace(URL, **change)) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"host": "github.com"}, "its host is github.com"),
        ({"host": "git.example.net.evil.example"}, "its host is git.example.net.evil.example"),
        ({"repository": "site-old"}, "it is the repository Acme/site-old"),
        ({"owner": None, "repository": None}, "it is the repository /"),
        ({"form": "file", "host": None}, "it is no address of a server"),
    ],
)
def test_any_other_address_is_a_fault_that_is_named(
    seen: Any, served: Config, change: dict[str, Any], told: str
) -> None:
    assert fault(seen, served, replace(URL, **change)) == told


def test_without_a_server_no_address_is_right_or_wrong(seen: Any, bare: Config) -> None:
    assert fault(seen, bare, replace(URL, host="github.com")) is None


def test_a_clone_without_the_configured_remote_has_a_fault(seen: Any, served: Config) -> None:
    derived = derive(seen(remotes=remotes(URL, "upstream"), remote="origin"), served)
    assert derived.addresses is not MISSING
    assert [address.fault for address in derived.addresses] == ["the clone has no remote named origin"]


def test_a_credential_is_given_with_the_address_that_should_stand_there(seen: Any, bare: Config) -> None:
    place = CredentialPlace(
        kind="remote", name="origin", key="remote.origin.url", credential_kind="token", url=URL, origin=ORIGIN
    )
    header = replace(
        place, kind="header", key="http.extraHeader", url=None, origin=replace(ORIGIN, file=None, line=None)
    )
    derived = derive(seen(credentials=(place, header)), bare)
    assert derived.credentials is not MISSING
    first, second = derived.credentials
    assert (first.url, first.place, first.path, first.line) == (URL.text, ".git/config:7", ".git/config", 7)
    assert (second.url, second.place, second.path, second.line) == (None, "local", None, None)


@pytest.mark.parametrize("absent", ["remotes", "remote", "credentials"])
def test_what_was_not_observed_is_missing_and_its_gap_is_carried(seen: Any, served: Config, absent: str) -> None:
    facts: dict[str, Any] = {"remotes": (), "remote": "origin", "credentials": ()}
    del facts[absent]
    gaps = (Gap(pointer=f"/local/{absent}", reason="damaged", remedy="git fsck"),)
    derived = derive(seen(**facts, gaps=gaps), served)
    member = "credentials" if absent == "credentials" else "addresses"
    if absent != "remote":
        assert Gap(pointer=f"/remote/{member}", reason="damaged", remedy="git fsck") in derived.gaps
    else:
        assert derived.addresses is MISSING


def test_a_clone_that_is_not_there_tells_why(seen: Any, bare: Config) -> None:
    derived = derive(seen(available=False, error="asleep"), bare)
    assert derived.addresses is MISSING
    assert derived.credentials in (MISSING, ())
    told = {(gap.pointer, gap.reason) for gap in derived.gaps}
    assert told >= {(f"/remote/{name}", "local is unavailable: asleep") for name in ("addresses", "credentials")}
    assert derive(replace(seen(), local=MISSING), bare).addresses is MISSING


def test_an_ssh_address_is_right_by_the_servers_own_word_and_open_without_it(seen: Any, served: Config) -> None:
    url = replace(URL, form="ssh", scheme="ssh", host="ssh.example.net")
    assert fault(seen, served, url) is MISSING
    snapshot = seen(remotes=remotes(url), remote="origin")
    told = Gitea(
        available=True,
        observed_at="2026-02-01T03:00:00Z",
        repository=Repository(id=1, ssh_url="git@ssh.example.net:Acme/site.git"),
    )
    assert derive(replace(snapshot, gitea=told), served).addresses[0].fault is None
    other = replace(told, repository=Repository(id=1, ssh_url="ssh://git@other.example.net:2222/Acme/site.git"))
    assert derive(replace(snapshot, gitea=other), served).addresses[0].fault == "its host is ssh.example.net"
