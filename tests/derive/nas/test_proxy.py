"""Which slot visitors get, and what is wrong with the way there."""

from typing import Any

import pytest

from auditor.config import Proxy as ProxyConfig
from auditor.derive import proxy
from auditor.model.facts.nas_proxy import ProxySource
from auditor.model.missing import MISSING

RULES = "nas/proxy/rules"


def fault(world: Any) -> Any:
    return world.derive(proxy.derive).fault


def with_rules(world: Any, kit: Any, *rules: tuple[Any, ...]) -> Any:
    return world.put(RULES, tuple(kit.proxy_rule(*rule) for rule in rules))


def test_every_rule_for_the_host_must_name_one_slot(world: Any, kit: Any) -> None:
    assert fault(with_rules(world, kit, ("https", 443, 8081), ("http", 80, 8081))) is None
    mixed = with_rules(world, kit, ("https", 443, 8081), ("http", 80, 8082))
    assert fault(mixed) == (
        "the site's rules disagree: https://www.example.net:443 leads to blue, http://www.example.net:80 leads to green"
    )
    astray = with_rules(world, kit, ("https", 443, 8090))
    assert fault(astray) == (
        "https://www.example.net:443 leads to http://localhost:8090, which is no known slot (ReverseProxy.json)"
    )


def test_sources_that_disagree_are_named(world: Any, kit: Any) -> None:
    stale = with_rules(world, kit, ("https", 443, 8081), ("https", 443, 8082, "server.ReverseProxy.conf"))
    assert fault(stale) == "the sources disagree: ReverseProxy.json says blue, server.ReverseProxy.conf says green"


def test_a_typing_error_in_the_host_is_a_missing_rule(world: Any) -> None:
    typo = world.put(f"{RULES}/0/host", "wwww.example.net").put(f"{RULES}/1/host", "wwww.example.net")
    assert fault(typo) == "no rule is for www.example.net"


@pytest.mark.parametrize("host", ["*", "", "*.example.net"])
def test_a_rule_for_any_host_counts_where_none_names_this_one(world: Any, host: str) -> None:
    wide = world.put(f"{RULES}/0/host", host).put(f"{RULES}/1/host", host)
    assert fault(wide) is None
    assert fault(wide.put(f"{RULES}/0/backend_port", 9)) is not None


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("nas.lan", True), ("192.0.2.9", False), ("db", False)],
)
def test_only_the_nas_itself_has_slots(world: Any, host: str, here: bool) -> None:
    moved = world.put(f"{RULES}/0/backend_host", host).put(f"{RULES}/1/backend_host", host)
    assert (fault(moved) is None) is here


def test_a_request_decides_against_the_rules(world: Any) -> None:
    stale = world.put("nas/slots/0/saw_visit", False).put("nas/slots/1/saw_visit", True)
    found = stale.derive(proxy.derive)
    assert (found.active, found.proof) == ("green", "request")
    assert found.fault == "the rules say blue, and a request reached green: the proxy was not reloaded"
    assert {"nas-proxy-targets-slot", "nas-image-of-commit"} <= stale.failing()


def test_equal_content_is_decided_by_the_request(world: Any, kit: Any) -> None:
    twin = world.put("nas/slots/1/answers", (kit.answer("new page"),))
    assert twin.failing() == set()
    assert twin.derive(proxy.derive).public_is == ("blue", "green")
    unread = twin.put("nas/slots/1/saw_visit", MISSING)
    assert unread.derive(proxy.derive).active is MISSING
    assert {"nas-proxy-targets-slot", "nas-image-of-commit"} <= unread.unknown()


def test_without_any_log_line_the_rules_decide(world: Any) -> None:
    silent = world.put("nas/slots/0/saw_visit", False)
    assert (silent.derive(proxy.derive).active, silent.derive(proxy.derive).proof) == ("blue", "rules")


def test_the_public_page_must_be_the_active_slots(world: Any, kit: Any) -> None:
    stale = world.put("nas/public", kit.answer("old page"))
    assert stale.derive(proxy.derive).public_fault == "it serves what green serves"
    assert stale.failing() == {"nas-public-is-active-slot"}
    odd = world.put("nas/public", kit.answer("parked"))
    assert odd.derive(proxy.derive).public_fault == "it serves what no slot serves (status 200)"
    silent = world.put("nas/public/status", None)
    assert silent.derive(proxy.derive).public_fault == "the public address gave no answer"
    assert world.put("nas/public", MISSING).outcomes()["nas-public-is-active-slot"] == {"unknown"}


def test_an_empty_store_proves_nothing_where_another_source_was_refused(world: Any) -> None:
    sources = tuple(
        ProxySource(name=name, state=state, rule_count=0)
        for name, state in (("ReverseProxy.json", "read"), ("server.ReverseProxy.conf", "refused"))
    )
    empty = world.put(RULES, ()).put("nas/proxy/sources", sources)
    assert empty.outcomes()["nas-proxy-targets-slot"] == {"unknown"}
    assert world.put(RULES, ()).outcomes()["nas-proxy-targets-slot"] == {"fail"}


def test_without_a_site_each_rule_to_a_slot_counts_and_the_public_page_is_no_matter(world: Any, kit: Any) -> None:
    alone = world.configured("site", None)
    outcomes = alone.outcomes()
    assert outcomes["nas-public-is-active-slot"] == {"not_applicable"}
    assert outcomes["nas-proxy-targets-slot"] == {"pass"}
    both = with_rules(alone, kit, ("https", 443, 8081), ("https", 8443, 8082))
    assert both.outcomes()["nas-proxy-targets-slot"] == {"fail"}
    none = with_rules(alone, kit, ("https", 443, 9000))
    assert fault(none) == "no rule points at a slot"


def test_without_a_proxy_its_rule_does_not_apply_and_content_tells_the_slot(world: Any) -> None:
    direct = world.configured("nas/proxy", ProxyConfig(kind="none")).put("nas/proxy/kind", "none").put(RULES, ())
    direct = direct.put("nas/slots/0/saw_visit", False)
    assert direct.outcomes()["nas-proxy-targets-slot"] == {"not_applicable"}
    assert (direct.derive(proxy.derive).active, direct.derive(proxy.derive).proof) == ("blue", "content")
