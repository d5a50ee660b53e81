"""The script as it is rendered for a site: constants are quoted, its hash is stable, the recipe names it."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.collectors.nas.recipe import install_recipe
from auditor.collectors.nas.script import Nonces, render_script, script_hash, slot_pages, visit_input
from auditor.config import BuildStamp, Config, Nas, Proxy, Site, Slot, SmokeCheck
from auditor.errors import ConfigError

NONCES = Nonces("a" * 32, "b" * 32, "c" * 32)
HOSTILE = "a b'c\"d$(touch x)`id`\\;&|*?[x]#~"


def site(**settings: object) -> Config:
    given = {"root": "/volume2/x", "slots": (Slot(name="blue", port=8081, container="web_blue"),), **settings}
    return Config(id="site", nas=Nas(**given), site=Site(url="https://site.example/sub/", pages=("/", "/a")))  # type: ignore[arg-type] # a test's own words


def shell(script: str, words: str) -> list[str]:
    """What a shell with the script's functions prints for some words, without visiting."""
    body = script.removesuffix("nonces\nmain </dev/null\n")
    answer = subprocess.run(["sh"], input=f"{body}{words}\n".encode(), capture_output=True, check=True)
    return answer.stdout.decode().split("\n")[:-1]


def test_every_constant_reaches_the_shell_as_it_is_written() -> None:
    config = site(
        root=f"/{HOSTILE}",
        slots=(Slot(name="blue", port=1, container=HOSTILE), Slot(name="green", port=2)),
        proxy=Proxy(kind="nginx", files=(f"/{HOSTILE}",)),
        smoke=(SmokeCheck(path=f"/{HOSTILE}"),),
        build_stamp=BuildStamp(path=f"/s{HOSTILE}"),
        not_compared=(HOSTILE,),
    )
    script = render_script(config)
    said = shell(
        script,
        'say() { printf \'%s|\' "$@"; echo; }; say "$root" "$stamp_path" "$site_origin"; '
        "each_slot say; each_page say; each_proxy_file say; each_pruned say; each_own_file say",
    )
    assert said == [
        f"/{HOSTILE}|/s{HOSTILE}|https://site.example|",
        f"0|1|{HOSTILE}|",
        "1|2|",
        "/|",
        "/a|",
        f"/{HOSTILE}|",
        f"/{HOSTILE}|",
        f"{HOSTILE}|",
        ".env|",
    ]


def test_a_pruned_name_is_no_pattern(tmp_path: object) -> None:
    script = render_script(site(not_compared=("a[b]*?", "-x")))
    assert "-path './a\\[b]\\*\\?' -o -path ./-x \\)" in script


def test_a_constant_with_a_line_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="control character"):
        render_script(site(root="/x\nreboot"))


def test_the_hash_is_that_of_the_text_and_differs_between_sites() -> None:
    one, other = render_script(site()), render_script(site(root="/volume1/y"))
    assert one == render_script(site())
    assert script_hash(one) != script_hash(other)


def test_an_installed_probe_is_sent_the_nonces_alone() -> None:
    assert visit_input(site(access="command"), NONCES) == NONCES.line()
    assert visit_input(site(), NONCES) == NONCES.assignments() + render_script(site())


def test_the_pages_of_the_site_come_before_those_of_the_smoke_checks_and_each_once() -> None:
    assert slot_pages(site(smoke=(SmokeCheck(path="/a"), SmokeCheck(path="/b")))) == ("/", "/a", "/b")


def test_an_empty_list_is_a_function_that_does_nothing() -> None:
    config = site(slots=(), proxy=Proxy(kind="none"), not_compared=())
    assert shell(render_script(config), "each_slot echo x; each_proxy_file echo x; each_pruned echo x") == []


def test_the_recipe_names_the_hash_the_user_and_commands_without_wildcard() -> None:
    config = site(ssh="audit@nas.example:2222")
    recipe = install_recipe(config)
    assert script_hash(render_script(config)) in recipe
    assert (
        'audit ALL=(root) NOPASSWD: /usr/local/sbin/nas-audit-docker "", /usr/local/sbin/nas-audit-proxy ""' in recipe
    )
    assert 'restrict,command="/usr/local/sbin/nas-audit"' in recipe
    assert "nas.example:2222" not in recipe
    # what lies in /tmp can be exchanged between a look and a copy: the copy is what is compared
    assert recipe.index("cp /tmp/nas-audit ") < recipe.index("sha256sum /usr/local/sbin/nas-audit*")


def test_the_recipe_is_for_the_file_that_was_named_and_for_any_address() -> None:
    config = replace(site(ssh="audit@[2001:db8::7]:2222"), file=Path("/etc/my site/policies.yaml"))
    recipe = install_recipe(config)
    assert "auditor probe -c '/etc/my site/policies.yaml' > nas-audit" in recipe
    assert "ADMIN@[2001:db8::7]:/tmp/nas-audit" in recipe


def test_the_recipe_asks_for_no_root_where_none_is_needed() -> None:
    recipe = install_recipe(site(ssh="audit@nas.example", docker="none", proxy=Proxy(kind="none")))
    assert "sudo" not in recipe
    with pytest.raises(ConfigError):
        install_recipe(site())
