"""The proxy's rules by DSM's store, its web API, rendered and hand-written nginx files."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.nas.nginx import parse_nginx
from auditor.collectors.nas.proxy import parse_proxy
from auditor.errors import SourceError
from auditor.model.facts.nas_proxy import ProxyRule
from auditor.model.missing import MISSING

STORE = "/usr/syno/etc/www/ReverseProxy.json"
RENDERED = "/etc/nginx/sites-enabled/server.ReverseProxy.conf"
RULE = {
    "backend": {"fqdn": "localhost", "port": 8081, "protocol": 0},
    "customize_headers": [{"name": "Upgrade", "value": "$http_upgrade"}],
    "description": "archicratie",
    "frontend": {"acl": None, "fqdn": "Site.example", "https": {"hsts": False}, "port": 443, "protocol": 1},
}
BLOCK = """
server { listen 443 ssl; listen [::]:443 ssl; server_name site.example ;
  if ( $host !~ "(^site.example$)" ) { return 404; }
  include /usr/syno/etc/www/certificate/ReverseProxy_x/cert.conf*;
  location / { proxy_set_header Host $http_host; proxy_pass http://localhost:8081; }
  error_page 403 404 500 502 503 504 /dsm_error_page; }
"""


def section(*records: tuple[str, str]) -> bytes:
    return "".join(f"{name}\0{value}\0" for name, value in (*records, ("end", ""))).encode()


def told(rule: ProxyRule) -> tuple[object, ...]:
    return (rule.scheme, rule.host, rule.port, rule.backend_scheme, rule.backend_host, rule.backend_port)


EXPECTED = ("https", "site.example", 443, "http", "localhost", 8081)


def test_the_store_the_rendered_file_and_the_web_api_tell_the_same_rule() -> None:
    answer = "[Line 12] noise\n" + json.dumps({"success": True, "data": {"entries": [{"UUID": "u", **RULE}]}})
    body = section(
        (f"plain {STORE}", json.dumps({"u-u-i-d": RULE, "version": 2})),
        (f"plain {RENDERED}", BLOCK),
        ("failed /etc/nginx/app.d/server.ReverseProxy.conf", "cat: x: No such file or directory"),
        ("synowebapi", answer),
    )
    proxy, door = parse_proxy(body, "dsm")
    assert proxy.rules is not MISSING
    assert {told(rule) for rule in proxy.rules} == {EXPECTED}
    assert {rule.source for rule in proxy.rules} == {STORE, RENDERED, "synowebapi"}
    assert [source.state for source in proxy.sources] == ["read", "read", "absent", "read"]
    assert door == "plain"


def test_a_store_that_is_empty_was_read_and_holds_no_rule() -> None:
    proxy, _ = parse_proxy(section((f"plain {STORE}", "")), "dsm")
    assert (proxy.rules, proxy.sources[0].state) == ((), "read")


def test_what_may_not_be_read_is_refused_and_the_rules_are_not_claimed() -> None:
    proxy, door = parse_proxy(
        section((f"failed {STORE}", f"cat: {STORE}: Permission denied"), ("synowebapi", "synowebapi: not root")), "dsm"
    )
    assert (proxy.rules, door) == (MISSING, "none")
    assert [source.state for source in proxy.sources] == ["refused", "refused"]


def test_the_helper_wins_over_a_refusal() -> None:
    body = section((f"failed {STORE}", "Permission denied"), (f"plain {STORE}", json.dumps({"u": RULE}))) + b"end\0\0"
    proxy, door = parse_proxy(body, "dsm")
    assert [(source.state, source.rule_count) for source in proxy.sources] == [("read", 1)]
    assert door == "helper"


@pytest.mark.parametrize("missing", ["backend", "frontend", "description"])
def test_a_rule_with_keys_lacking_is_read_leniently(missing: str) -> None:
    rule = {key: value for key, value in RULE.items() if key != missing}
    proxy, _ = parse_proxy(section((f"plain {STORE}", json.dumps({"u": rule}))), "dsm")
    assert proxy.rules is not MISSING
    assert len(proxy.rules) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server { location / { proxy_pass http://127.0.0.1:8082/; } }", ("http", "", 80, "http", "127.0.0.1", 8082)),
        (
            (
                "upstream live { server 127.0.0.1:8081; }\n"
                "server { listen 8080; server_name _; location / { proxy_pass http://live; } }"
            ),
            ("http", "", 8080, "http", "127.0.0.1", 8081),
        ),
        (
            (
                "http { server { listen 127.0.0.1:8443 ssl http2; server_name A.b;\n"
                "location / { proxy_pass https://[::1]:9; } } }"
            ),
            ("https", "a.b", 8443, "https", "[::1]", 9),
        ),
        (
            'server { # a } comment\n add_header X "}"; location / { proxy_pass http://h; } }',
            ("http", "", 80, "http", "h", 80),
        ),
    ],
)
def test_hand_written_files_are_read(text: str, expected: tuple[object, ...]) -> None:
    proxy, _ = parse_proxy(section(("plain /etc/nginx/site.conf", text)), "nginx")
    assert proxy.rules is not MISSING
    assert [told(rule) for rule in proxy.rules] == [expected]


@pytest.mark.parametrize("text", ["server {", "}", "server { a", '"', "; ;", "{}", "a { " * 100])
def test_a_damaged_file_is_damaged_and_not_empty(text: str) -> None:
    proxy, _ = parse_proxy(section(("plain /x.conf", text)), "nginx")
    assert (proxy.rules, proxy.sources[0].state) == (MISSING, "damaged")


def test_a_store_that_is_no_json_is_damaged() -> None:
    proxy, _ = parse_proxy(section((f"plain {STORE}", "{broken")), "dsm")
    assert proxy.sources[0].state == "damaged"


@given(st.text(alphabet="{};\"\\'#ab \n$", max_size=60))
def test_any_text_is_nginx_or_a_source_error(text: str) -> None:
    with contextlib.suppress(SourceError):
        parse_nginx(text)
