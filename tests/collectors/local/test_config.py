import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.collectors.local.config_level import read_config
from auditor.collectors.local.gap import GapList
from auditor.gitfile.config_syntax import ConfigSyntaxError, parse_settings
from auditor.gitfile.layout import find_layout

PIECES = [
    *[
        "[a]",
        '[b "Sub.x"]',
        '[b "q\\"\\\\"]',
        "[A.Dot]",
        "key",
        "Key2",
        "=",
        " = ",
        "value",
        '"',
        "\\n",
        "\\",
        "#",
        ";",
    ],
    *["\n", "\n", "\n", " ", "\t", "é", "\\\n", "\r\n", "[", "]", "\\t", "x y", "-", "9"],
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_a_file_means_what_git_takes_it_for(world: Any, text: str) -> None:
    file = world.base / "some.config"
    file.write_bytes(text.encode())
    said = world.git("config", "--file", str(file), "--list", "-z", check=False)
    try:
        settings_read = parse_settings(text.encode())
    except ConfigSyntaxError:
        assert git_refuses(world, file), text
        return
    assert not git_refuses(world, file), text
    wanted = [line.partition(b"\n")[::2] for line in said.split(b"\0")[:-1]]
    # git before 2.45 made a blank of a tab within a value
    assert [(name(one), blank(one.value or b"")) for one in settings_read] == [
        (key, blank(value)) for key, value in wanted
    ]


def blank(value: bytes) -> bytes:
    return value.replace(b"\t", b" ")


def name(one: Any) -> bytes:
    middle = b"" if one.subsection is None else one.subsection + b"."
    section = f"{one.section}." if one.section else ""
    return section.encode() + middle + one.key.encode()


def git_refuses(world: Any, file: Any) -> bool:
    import subprocess

    command = ["git", "config", "--file", str(file), "--list"]
    return subprocess.run(command, capture_output=True, env=world.variables, check=False).returncode != 0


def config_of(world: Any) -> Any:
    variables = {key.encode(): value.encode() for key, value in world.variables.items()}
    gaps = GapList()
    return read_config(find_layout(world.clone), variables, b"main", gaps), gaps.result()


def from_git(world: Any) -> list[tuple[str, str, str]]:
    """Scope, name and value of everything that git reads."""
    fields = world.git("config", "--list", "--show-scope", "--includes", "-z").split(b"\0")
    rows = zip(fields[::2], fields[1::2], strict=False)
    return [(scope.decode(), *line.decode().partition("\n")[::2]) for scope, line in rows]


def from_us(world: Any) -> list[tuple[str, str, str]]:
    return [(one.level, name(one).decode(), (one.value or b"").decode()) for one in config_of(world)[0].entries]


def test_every_level_and_include_is_read_in_gits_order(world: Any) -> None:
    world.write("../home/.gitconfig", b"[a]\n\thome = 1\n[include]\n\tpath = more\n[a]\n\tlast = 1\n")
    world.write("../home/more", b"[a]\n\tincluded = 1\n[include]\n\tpath = ~/again\n")
    world.write("../home/again", b"[a]\n\tagain = 1\n")
    world.write("../home/.config/git/config", b"[a]\n\txdg = 1\n")
    world.write("../system", b"[a]\n\tsystem = 1\n")
    world.variables.pop("GIT_CONFIG_NOSYSTEM")
    world.variables["GIT_CONFIG_SYSTEM"] = str(world.base / "system")
    world.git("config", "extensions.worktreeConfig", "true")
    world.git("config", "--worktree", "a.worktree", "1")
    world.variables |= {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "A.b.C", "GIT_CONFIG_VALUE_0": "x"}
    world.variables |= {"GIT_CONFIG_KEY_1": "a.flag", "GIT_CONFIG_VALUE_1": ""}
    world.variables["GIT_CONFIG_PARAMETERS"] = "'a.old=it'\\''s' 'a.new.k'='v=w' 'a.alone'="
    assert from_us(world) == from_git(world)
    places = {one.key: one.origin for one in config_of(world)[0].entries}
    assert (places["again"].level, places["again"].line) == ("global", 2)
    assert places["again"].file.endswith("/home/again")
    world.variables["GIT_CONFIG_GLOBAL"] = str(world.home / "again")
    assert from_us(world) == from_git(world)


@pytest.mark.parametrize(
    "condition",
    [
        *["gitdir:~/", "gitdir:{base}/", "gitdir:{base}/clone/.git", "gitdir:clone/", "gitdir:clone/.git"],
        *["gitdir:CLONE/", "gitdir/i:CLONE/", "gitdir:./clone/", "gitdir:{base}/*/.git", "gitdir:other/"],
        *["onbranch:main", "onbranch:ma*", "onbranch:feat/", "onbranch:**", "unknown:x"],
        *["hasconfig:remote.*.url:https://*.example/**", "hasconfig:remote.*.url:https://b.example/x"],
    ],
)
def test_a_condition_holds_where_git_says_so(world: Any, condition: str) -> None:
    world.write("../home/extra", b"[a]\n\textra = 1\n")
    world.git(
        "config",
        "--file",
        str(world.home / ".gitconfig"),
        f"includeIf.{condition.format(base=world.base)}.path",
        "extra",
    )
    world.git("remote", "add", "origin", "https://a.example/o/r.git")
    assert from_us(world) == from_git(world)


def test_a_cycle_of_includes_ends_and_a_damaged_file_is_a_gap(world: Any) -> None:
    world.write("../home/.gitconfig", b"[include]\n\tpath = .gitconfig\n[a]\n\tb = 1\n")
    assert config_of(world)[0].get("a", "b") == b"1"
    world.write("../home/.gitconfig", b"[a]\n\tb = 1\n nonsense here [\n")
    config, gaps = config_of(world)
    assert config.get("a", "b") is None
    assert [gap.pointer for gap in gaps] == ["/local/remotes", "/local/tls_switches", "/local/credentials"]
    assert all("line 3" in gap.reason for gap in gaps)


def test_the_tls_switches_are_found_in_every_level(world: Any) -> None:
    world.git("remote", "add", "origin", "https://git.example/o/r.git")
    world.git("remote", "add", "other", "https://other.example/o/r.git")
    world.git("config", "--global", "http.sslVerify", "off")
    world.git("config", "http.https://git.example.sslVerify", "false")
    world.git("config", "http.https://git.example/o/.sslVerify", "true")
    world.variables["GIT_SSL_NO_VERIFY"] = ""
    switches = world.observe().tls_switches
    assert [(one.key, one.origin.level, one.overridden, one.remotes) for one in switches] == [
        ("http.sslVerify", "global", False, ("other",)),
        ("http.https://git.example.sslVerify", "local", False, ()),
        ("GIT_SSL_NO_VERIFY", "environment", False, ("origin", "other")),
    ]
    assert switches[1].origin.file == str(world.clone / ".git/config")
    assert switches[1].origin.line is not None
    world.git("config", "http.sslVerify", "true")
    assert world.observe().tls_switches[0].overridden


SCOPES = st.lists(
    st.sampled_from(
        [
            *["", "https://git.example", "https://git.example/", "https://*.example", "https://git.example:443/o"],
            *["https://u@git.example", "http://git.example", "https://GIT.example/o/r.git", "https://git.example/o/r"],
            *["https://other.example", "https://*", "https://git.example/other", "git.example"],
        ]
    ),
    max_size=5,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scopes=SCOPES,
    values=st.lists(st.booleans(), min_size=5, max_size=5),
    url=st.sampled_from(["https://git.example/o/r.git", "https://u@git.example/o/r.git", "http://git.example/o/r.git"]),
)
def test_the_switch_that_decides_is_the_one_that_git_takes(
    world: Any, scopes: list[str], values: list[bool], url: str
) -> None:
    lines = [f'[remote "origin"]\n\turl = {url}\n']
    for scope, value in zip(scopes, values, strict=False):
        lines.append(f"[http{f' {chr(34)}{scope}{chr(34)}' if scope else ''}]\n\tsslVerify = {str(value).lower()}\n")
    (world.clone / ".git/config").write_text("".join(lines))
    said = world.git("config", "--type=bool", "--get-urlmatch", "http.sslVerify", url, check=False).strip()
    switches = world.observe().tls_switches
    assert any("origin" in one.remotes for one in switches) == (said == b"false")


def test_the_audit_of_this_process_reads_its_own_variables(world: Any) -> None:
    from auditor.collectors.local.config_level import process_environment

    assert process_environment()[b"PATH"] == os.environb[b"PATH"]
