import json
import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.gitfile.url import parse_url
from auditor.model.codec import encode

HEX = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("raw", "form", "host", "port", "owner", "repository", "user", "credential"),
    [
        ("https://git.example/o/r.git", "https", "git.example", None, "o", "r", False, None),
        ("https://GIT.example:8443/sub/o/r", "https", "git.example", 8443, "o", "r", False, None),
        ("https://me@git.example/o/r.git", "https", "git.example", None, "o", "r", True, None),
        ("https://me:pw@git.example/o/r.git", "https", "git.example", None, "o", "r", True, "password"),
        ("https://me:@git.example/o/r.git", "https", "git.example", None, "o", "r", True, None),
        (f"https://{HEX}@git.example/o/r.git", "https", "git.example", None, "o", "r", True, "token"),
        (f"https://{HEX}:x-oauth-basic@git.example/o/r", "https", "git.example", None, "o", "r", True, "token"),
        ("https://git.example/o/r.git?access_token=x", "https", "git.example", None, "o", "r", False, "query"),
        ("https://me:p/w@git.example/o/r.git", "https", "git.example", None, "o", "r", True, "password"),
        ("https://me:p@w@git.example/o/r.git", "https", "git.example", None, "o", "r", True, "password"),
        ("http://[::1]:3000/o/r", "http", "[::1]", 3000, "o", "r", False, None),
        ("ssh://git@git.example:2222/o/r.git", "ssh", "git.example", 2222, "o", "r", True, None),
        ("git@git.example:o/r.git", "scp", "git.example", None, "o", "r", True, None),
        ("git.example:r", "scp", "git.example", None, None, "r", False, None),
        ("me:pw@git.example:o/r.git", "scp", "git.example", None, "o", "r", True, "password"),
        ("git://git.example/o/r.git", "git", "git.example", None, "o", "r", False, None),
        ("/srv/git/o/r.git", "file", None, None, "o", "r", False, None),
        ("../r.git", "file", None, None, "..", "r", False, None),
        ("file:///srv/o/r.git", "file", None, None, "o", "r", False, None),
        ("http::https://me:pw@git.example/o/r", "other", "git.example", None, "o", "r", True, "password"),
        ("ext::ssh -i key %S o/r", "other", None, None, None, None, False, None),
    ],
)
def test_an_address_is_taken_apart(
    raw: str, form: str, host: Any, port: Any, owner: Any, repository: Any, user: bool, credential: Any
) -> None:
    url = parse_url(raw.encode())
    assert (url.form, url.host, url.port, url.owner, url.repository) == (form, host, port, owner, repository)
    assert (url.user_present, url.credential_kind) == (user, credential)


TEXT = st.text(st.sampled_from("ab:/@?#%[]=. \\é\n"), max_size=12)


@given(scheme=st.sampled_from(["https", "ssh", "http", "x+y"]), user=TEXT, tail=TEXT)
def test_no_password_survives_whatever_surrounds_it(scheme: str, user: str, tail: str) -> None:
    secret = "Zq9" * 8
    url = parse_url(
        f"{scheme}://{user.replace('/', '').replace('?', '').replace('#', '')}:{secret}@host/{tail}".encode()
    )
    assert secret not in json.dumps(encode(url))
    assert url.credential_kind is not None


REWRITES = st.lists(
    st.tuples(
        st.sampled_from(["insteadOf", "pushInsteadOf"]),
        st.sampled_from(["https://new.example/", "git@new.example:", "ssh://x.example/o/"]),
        st.sampled_from(["gh:", "https://old.example/", "https://old.example/o/", "https://"]),
    ),
    max_size=4,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rewrites=REWRITES,
    urls=st.lists(st.sampled_from(["gh:o/r", "https://old.example/o/r.git"]), min_size=1, max_size=2),
    pushes=st.lists(st.sampled_from(["gh:o/p", "https://old.example/o/p.git"]), max_size=2),
)
def test_the_addresses_are_those_that_git_would_use(world: Any, rewrites: Any, urls: Any, pushes: Any) -> None:
    lines = ['[remote "origin"]\n', *(f"\turl = {url}\n" for url in urls), *(f"\tpushurl = {url}\n" for url in pushes)]
    lines += [f'[url "{base}"]\n\t{rule} = {old}\n' for rule, base, old in rewrites]
    (world.clone / ".git/config").write_text("".join(lines))
    (remote,) = world.observe().remotes
    fetched = [one.url.text for one in remote.addresses if one.direction == "fetch"]
    pushed = [one.url.text for one in remote.addresses if one.direction == "push"] or fetched
    for said, found in (("--all", fetched), ("--push", pushed)):
        words = ["--all", "--push"] if said == "--push" else ["--all"]
        lines_said = world.git("remote", "get-url", *words, "origin").splitlines()
        assert [parse_url(line).text for line in lines_said] == found


def test_no_planted_credential_leaves_the_clone(world: Any) -> None:
    canaries = {name: "canary" + secrets.token_hex(12) for name in "abcdefghijklm"}
    user = "me"
    world.git("remote", "add", "origin", f"https://{user}:{canaries['a']}@git.example/o/r.git")
    world.git("remote", "set-url", "--push", "origin", f"https://{canaries['b']}:x-oauth-basic@git.example/o/r.git")
    world.git("config", f"url.https://{user}:{canaries['c']}@git.example/.insteadOf", "gh:")
    world.git("config", "branch.main.remote", f"https://{user}:{canaries['d']}@git.example/o/r.git")
    world.git("config", "branch.main.merge", "refs/heads/main")
    world.git("config", "http.extraHeader", f"Authorization: token {canaries['e']}")
    world.git("config", f"http.https://{user}:{canaries['f']}@git.example/.sslVerify", "false")
    world.git("config", "http.proxy", f"http://{user}:{canaries['g']}@proxy.example:3128")
    world.git("config", "--global", f"credential.https://{user}:{canaries['h']}@git.example.username", "x")
    world.write(".gitmodules", f'[submodule "s"]\n\tpath = s\n\turl = https://u:{canaries["i"]}@x.example/s\n'.encode())
    world.variables |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "lfs.url"}
    world.variables["GIT_CONFIG_VALUE_0"] = f"https://u:{canaries['j']}@lfs.example/"
    env = (
        f"API_TOKEN={canaries['k']}\nPUBLIC_URL=https://u:{canaries['l']}@x.example\nPUBLIC_A=kept\nX={canaries['m']}\n"
    )
    world.write(".env", env.encode())
    world.commit()
    facts = world.observe()
    text = json.dumps(encode(facts)) + repr(facts)
    assert [name for name, canary in canaries.items() if canary in text or canary[6:] in text] == []
    assert sorted((one.kind, one.credential_kind) for one in facts.credentials) == [
        *[("branch", "password"), ("header", "header"), ("instead-of", "password")],
        *[("other", "password"), ("other", "password"), ("other", "password"), ("proxy", "password")],
        *[("remote", "password"), ("remote", "token"), ("submodule", "password")],
    ]
    assert [one.name for one in facts.credentials if one.kind in ("remote", "branch", "submodule")] == [
        *["origin", "origin", "main", "s"]
    ]
    assert facts.env_files[0].keys[2].value == "kept"
    assert all(one.origin.line for one in facts.credentials if one.origin.file)


def test_a_user_name_alone_is_no_credential(world: Any) -> None:
    world.git("remote", "add", "origin", "https://me@git.example/o/r.git")
    world.git("remote", "add", "ssh", "git@git.example:o/r.git")
    facts = world.observe()
    assert facts.credentials == ()
    assert [(one.name, one.addresses[0].url.user_present) for one in facts.remotes] == [("origin", True), ("ssh", True)]


def test_remotes_of_the_old_kind_are_read_too(world: Any) -> None:
    world.write(".git/remotes/old", b"URL: https://me:pw@git.example/o/old.git\nPull: refs/heads/main\n")
    world.write(".git/branches/older", b"https://git.example/o/older.git#main\n")
    facts = world.observe()
    assert [(one.name, one.addresses[0].url.repository) for one in facts.remotes] == [
        ("old", "old"),
        ("older", "older"),
    ]
    assert [(one.name, one.origin.line) for one in facts.credentials] == [("old", 1)]
    assert world.git("remote", "get-url", "older").strip() == b"https://git.example/o/older.git"
