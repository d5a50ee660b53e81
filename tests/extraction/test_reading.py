"""What is read of pages and scripts, whatever they hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extraction.reading import Reading
from auditor.extraction.term import Terms
from auditor.model.facts.site import Fetched, Role, Serving

BASE, OWNER, REPO = "https://git.example.net", "Acme", "site"
TERMS = Terms(base=BASE, owner=OWNER, repo=REPO, site="https://www.example.net/")


def read(*served: tuple[Role, str, bytes]) -> Serving:
    reading = Reading(origin="public", address="https://www.example.net/", terms=TERMS, judge=None)
    for role, path, body in served:
        kind = "text/javascript" if role == "script" else "text/html"
        reading.add(Fetched(path=path, role=role, status=200, content_type=kind), body)
    return reading.serving()


def scripts(*texts: str) -> Serving:
    page = "".join(f'<script type=module src="/{n}.js"></script>' for n in range(len(texts)))
    return read(("page", "/", page.encode()), *(("script", f"/{n}.js", text.encode()) for n, text in enumerate(texts)))


def test_names_are_followed_through_modules_under_their_minified_aliases() -> None:
    found = scripts(
        'import{a as r}from"./1.js";import*as n from"./2.js";open(`${n.default.b}/${r}/site/issues/new`)',
        'const t="Acme";export{t as a};',
        'export default Object.freeze({b:"https://git.example.net"})',
    )
    assert [(link.base, link.owner, link.repo) for link in found.links] == [(BASE, OWNER, REPO)]


def test_each_call_gives_its_own_link_and_never_a_mixture() -> None:
    found = scripts(
        'const f=(o,r)=>`https://git.example.net/${o}/${r}/issues/new`;open(f("Acme","site"));open(f("B","c"))'
    )
    assert {(link.owner, link.repo) for link in found.links} == {("Acme", "site"), ("B", "c")}


def test_a_variable_that_is_built_step_by_step_is_followed() -> None:
    (link,) = scripts('let u="https://git.example.net";u+="/Acme";u+="/site/issues/new";open(u)').links
    assert (link.owner, link.repo) == (OWNER, REPO)


def test_a_public_variable_that_is_named_like_a_secret_is_told_without_its_value() -> None:
    value = "leaky" * 3
    found = scripts(f'const e={{PUBLIC_GITEA_BASE:"x",PUBLIC_EXTRA_TOKEN:"{value}",PUBLIC_OTHER_SECRET:void 0}}')
    known = {one.name: (one.looks_secret, one.has_value) for one in found.variables}
    assert known["PUBLIC_EXTRA_TOKEN"] == (True, True)
    assert known["PUBLIC_OTHER_SECRET"] == (True, False)
    assert value not in repr(found.variables)


def test_a_name_that_a_minified_bundle_binds_a_thousand_times_is_its_own_in_each_place() -> None:
    inner = "".join(f"function f{number}(e){{let o='Wrong{number}';o='Worse';return e+o}}" for number in range(1_000))
    code = f'{inner}const o="Acme",e="site";open(`https://git.example.net/${{o}}/${{e}}/issues/new`)'
    (link,) = scripts(code).links
    assert (link.owner, link.repo, link.certain) == (OWNER, REPO, True)


@pytest.mark.parametrize(
    "inner",
    [
        "function f(o){o='Wrong'}",
        "const f=o=>{o='Wrong'}",
        "for(const o of list){o.x=o;go(o)}",
        "try{x()}catch(o){o='Wrong'}",
        "function f({o}){o='Wrong'}",
        "{let o='Wrong';o='Worse'}",
    ],
)
def test_what_a_function_a_loop_or_a_catch_binds_is_not_the_name_outside(inner: str) -> None:
    (link,) = scripts(f"{inner};let o='Acme';open(`https://git.example.net/${{o}}/site/issues/new`)").links
    assert (link.owner, link.certain) == (OWNER, True)


def test_a_parameter_that_is_assigned_anew_is_not_surely_what_the_call_gave() -> None:
    code = "function f(o){if(x)o='Other';open(`https://git.example.net/${o}/site/issues/new`)}f('Acme')"
    links = scripts(code).links
    assert {link.owner for link in links} == {"Acme", "Other"}
    assert not any(link.certain for link in links)


def test_an_exported_constant_is_the_outermost_of_its_name() -> None:
    reading = Reading(origin="public", address="https://www.example.net/", terms=TERMS, judge=None)
    for path, code in {
        "/a.js": "function f(){const o='Wrong';return o}export const o='Acme';",
        "/b.js": 'import{o}from"./a.js";open(`https://git.example.net/${o}/site/issues/new`)',
    }.items():
        reading.add(Fetched(path=path, role="script", status=200, content_type="text/javascript"), code.encode())
    (link,) = reading.serving().links
    assert link.owner == OWNER


def test_a_class_or_a_function_of_the_same_name_hides_a_constant() -> None:
    code = "const o='Acme';{class o{} open(`https://git.example.net/${o}/site/issues/new`)}"
    assert scripts(code).links == ()


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ('import"./b.js"', ["/b.js"]),
        ('import(/* webpackChunkName: "b" */ "./b.js")', ["/b.js"]),
        ('export{x}from"./b.js"', ["/b.js"]),
        ("import(`./b.js`)", ["/b.js"]),
        ('// import"./b.js"', []),
        ("const text='import(\\\"./b.js\\\")'", []),
        ('import("https://[::1")', []),
        ('import("./" + name)', []),
    ],
)
def test_only_what_is_really_imported_is_asked_for(code: str, named: list[str]) -> None:
    reading = Reading(origin="public", address="https://www.example.net/", terms=TERMS, judge=None)
    fact = Fetched(path="/a.js", role="script", status=200, content_type="text/javascript")
    assert [reading.path_of(address) for address in reading.add(fact, code.encode())] == named


def test_who_is_named_in_an_address_is_never_repeated_and_makes_it_another_base() -> None:
    page = f'<a href="https://ada:sesame@git.example.net/{OWNER}/{REPO}/issues/new">Proposer</a>'
    found = read(("page", "/", page.encode()), ("page", "/b", f"<script>open('{page[9:-17]}')</script>".encode()))
    assert {link.base for link in found.links} == {"https://…@git.example.net"}
    assert "sesame" not in repr(found)


def test_the_places_count_lines_of_the_page() -> None:
    page = f'<!doctype html>\n<p>\n<script>\n  open("{BASE}/{OWNER}/{REPO}/issues/new")\n</script>'
    (link,) = read(("page", "/", page.encode())).links
    assert (link.place.line, link.place.column) == (4, 8)


def test_a_function_that_calls_itself_ends() -> None:
    assert scripts("function f(a){return f(a+'x')+f(a)+'/issues/new'}open(f('a'))").links == ()


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_the_reading_of_a_page(body: bytes) -> None:
    read(("page", "/", body + b"<a href='x/issues/new'>" + body))


@given(st.text(alphabet="ab{}()[]`$'\"\\=>,.;:+?|&/new issues\n", max_size=200))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_reading_of_a_script(text: str) -> None:
    scripts(f"{text}'/issues/new'{text}", f"const giteaBase={text}")
