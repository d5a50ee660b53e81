"""What the standard policy says of every recorded world, rule by rule and version by version, and to every caller."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gitea_fault import NAMED
from gitea_recording import DATA, VERSIONS, World, worlds
from gitea_replay import Caller, ReplayGitea
from gitea_verdict import CHECKS, Verdict, judge, observe, site, verdicts

from auditor.config import Allow
from auditor.model.codec import canonical, encode
from auditor.model.facts.earlier import Earlier, EarlierRun, SeenTip
from auditor.model.missing import MISSING
from auditor.pipeline.evaluation import snapshot_text
from auditor.pipeline.memory import earlier_of
from auditor.text import parse_time, time_text

STARTED = Callable[..., ReplayGitea]
SITE = "archicratie-edition"

# P pass, F fail, U unknown, N not applicable; three letters are those of 1.25.5, 1.26.4 and 1.27.0
COLUMNS = {
    "default": "gitea-default-branch",
    "canon": "gitea-repository-canonical",
    "case": "gitea-repository-case",
    "prot": "gitea-main-protected",
    "push": "gitea-main-no-direct-push",
    "force": "gitea-main-no-force-push",
    "needsci": "gitea-main-requires-ci",
    "bypass": "gitea-main-no-bypass",
    "by-pull": "gitea-commits-by-pull-request",
    "green": "gitea-main-ci-green",
    "genuine": "gitea-main-ci-genuine",
    "rewrite": "gitea-main-not-rewritten",
    "keys": "gitea-deploy-keys-read-only",
    "changed": "gitea-protection-unchanged",
    "named": "gitea-branches-named",
}
TABLE = """
                                   default canon case prot push force needsci bypass by-pull green genuine rewrite keys changed named
actions                            P       P     P    P    F    P     F       P      F       PPF   F       N       P    N       N
archicratie-edition                P       P     P    P    P    P     P       P      P       P     P       N       F    N       N
archived                           P       F     P    F    N    N     N       N      P       F     N       N       U    N       N
ci-states                          P       P     P    P    F    P     F       P      F       P     P       N       P    N       N
direct-push                        P       P     P    P    F    P     P       P      F       P     P       N       P    N       N
empty                              P       P     P    F    N    N     N       N      U       U     U       N       U    N       N
external-tracker                   P       P     P    F    N    N     N       N      P       F     N       N       U    N       N
form-default                       P       P     P    F    N    N     N       N      U       F     N       N       U    N       N
form-template                      P       P     P    F    N    N     N       N      U       F     N       N       U    N       N
issues-off                         P       P     P    F    N    N     N       N      P       F     N       N       U    N       N
private                            P       P     P    F    N    N     N       N      P       F     N       N       U    N       N
protection/none                    P       P     P    F    N    N     N       N      U       U     U       N       U    N       N
protection/default                 P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/strict                  P       P     P    P    P    P     P       P      U       U     U       N       U    N       N
protection/push-open               P       P     P    P    F    P     F       F      U       U     U       N       U    N       N
protection/push-list               P       P     P    P    F    P     F       F      U       U     U       N       U    N       N
protection/unprotected-patterns    P       P     P    P    F    P     F       F      U       U     U       N       U    N       N
protection/force-push              P       P     P    P    F    F     F       F      U       U     U       N       U    N       N
protection/checks-without-contexts P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/checks-glob             P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/checks-missing-one      P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/admin-override          P       P     P    P    P    P     P       F      U       U     U       N       U    N       N
protection/glob-rule               P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/case-rule               P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/other-branch            P       P     P    F    N    N     N       N      U       U     U       N       U    N       N
protection/star                    P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/bypass                  P       P     P    P    P    P     F       F      U       U     U       N       U    N       N
protection/two-rules-as-created    P       P     P    P    F    P     F       F      U       U     U       N       U    N       N
pulls-off                          P       P     P    F    N    N     N       N      U       U     U       N       U    N       N
renamed                            P       P     P    U    U    U     U       U      P       U     U       N       U    N       N
rewritten                          P       P     P    P    F    F     P       P      F       F     N       N       P    N       N
trunk                              F       P     P    F    N    N     N       N      P       F     N       N       U    N       N
"""  # noqa: E501 -- one line a world

# the element that fails, where it isn't the one that fails in most worlds
MAIN = ("protection:main",)
BOTH = tuple(f"context:{check}" for check in CHECKS)
BOTH_PUSHED = tuple(f"context:{check} (push)" for check in CHECKS)
COMMON: Mapping[str, tuple[str, ...]] = {
    "prot": MAIN,
    "push": MAIN,
    "force": MAIN,
    "needsci": BOTH,
    "bypass": MAIN,
    "green": BOTH,
    "genuine": BOTH_PUSHED,
}
ELEMENTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("actions", "needsci"): BOTH[1:],
    ("actions", "green"): BOTH_PUSHED[:1],
    (SITE, "keys"): ("key:ci writes",),
    ("archived", "canon"): ("repository:Archicratia/archived",),
    ("direct-push", "push"): ("user:gardienne",),
    ("protection/push-list", "push"): ("key:deploy keys", "user:gardienne"),
    ("protection/unprotected-patterns", "push"): ("pattern:*.md", "pattern:docs/**"),
    ("protection/checks-glob", "needsci"): BOTH[1:],
    ("protection/checks-missing-one", "needsci"): BOTH[1:],
    ("trunk", "default"): ("repository:Archicratia/trunk",),
}
LETTERS = {"P": "pass", "F": "fail", "U": "unknown", "N": "not_applicable"}
RECORDED = [world for world in worlds() if world.scenario != "instance"]


def table() -> Mapping[str, list[str]]:
    _, head, *lines = TABLE.splitlines()
    assert head.split() == list(COLUMNS)
    return {cells[0]: cells[1:] for cells in map(str.split, lines)}


def name_of(world: World) -> str:
    return "/".join(filter(None, (world.scenario, world.variant)))


def expected(world: World) -> dict[str, str]:
    found = {}
    for column, cell in zip(COLUMNS, table()[name_of(world)], strict=True):
        outcome = LETTERS[cell if len(cell) == 1 else cell[VERSIONS.index(world.version)]]
        subjects = elements(world, column) if outcome == "fail" else ()
        found[COLUMNS[column]] = str(Verdict(outcome, tuple(sorted(subjects))))
    return found


def elements(world: World, column: str) -> tuple[str, ...]:
    if column == "by-pull":
        return tuple(f"commit:{sha}" for sha in pushed_past_pulls(world))
    return ELEMENTS.get((name_of(world), column), COMMON.get(column, ()))


def pushed_past_pulls(world: World) -> list[str]:
    """The commits that the recording says somebody pushed to main, and that are there still."""
    events = json.loads((DATA / world.version / f"{world.scenario}.json").read_text())["events"]
    gone = {each["sha"] for each in events if each["what"] == "the tip that vanished"}
    kinds = ("direct push", "force push", "written")
    return [
        each["sha"]
        for each in events
        if each["what"].startswith(kinds) and not each.get("refusal") and each["sha"] not in gone
    ]


def seen(replay: ReplayGitea, folder: Path, caller: Caller = Caller.AUDITEUR, **settings: Any) -> dict[str, str]:
    config = site(replay, folder, caller, **settings)
    return {rule: str(verdict) for rule, verdict in verdicts(judge(observe(config, folder / "state"), config)).items()}


# Every rule, world and version


def test_the_table_holds_every_recorded_world() -> None:
    assert set(table()) == {name_of(world) for world in RECORDED}


@pytest.mark.parametrize("world", RECORDED, ids=str)
def test_a_world_is_judged_as_the_table_says(world: World, replay_gitea: STARTED, tmp_path: Path) -> None:
    gitea = replay_gitea(world.version, world.scenario, variant=world.variant)
    assert seen(gitea, tmp_path) == expected(world)


# What each caller may see of the site

SEEN_BY_READERS = {
    "gitea-main-no-direct-push": "unknown",
    "gitea-main-no-force-push": "unknown",
    "gitea-main-no-bypass": "unknown",
    "gitea-deploy-keys-read-only": "unknown",
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("caller", [Caller.ANONYMOUS, Caller.LECTEUR, Caller.ETRANGER, Caller.ECRIVAIN])
def test_a_reader_gets_unknown_for_what_only_admins_see_and_the_rest_judged(
    version: str, caller: Caller, replay_gitea: STARTED, tmp_path: Path
) -> None:
    whole = expected(World(version, SITE))
    assert seen(replay_gitea(version, SITE), tmp_path, caller) == whole | SEEN_BY_READERS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_of_one_scope_is_enough(version: str, replay_gitea: STARTED, tmp_path: Path) -> None:
    assert seen(replay_gitea(version, SITE), tmp_path, Caller.AUDITEUR_NARROW) == expected(World(version, SITE))


@pytest.mark.parametrize("caller", [Caller.AUDITEUR_NOSCOPE, Caller.INVALID])
def test_a_token_without_the_scope_or_an_invalid_one_passes_nothing(
    caller: Caller, replay_gitea: STARTED, tmp_path: Path
) -> None:
    outcomes = set(seen(replay_gitea("1.27.0", SITE), tmp_path, caller, branch_names=("*",)).values())
    assert outcomes <= {"unknown", "not_applicable"}
    assert "unknown" in outcomes


def test_an_unknown_names_the_right_that_would_show_it(replay_gitea: STARTED, tmp_path: Path) -> None:
    config = site(replay_gitea("1.27.0", SITE), tmp_path, Caller.LECTEUR)
    report = judge(observe(config, tmp_path / "state"), config)
    finding = next(one for one in report.findings if one.rule_id == "gitea-main-no-direct-push")
    assert "admin" in finding.remediation
    assert "read:repository" in finding.remediation


# Settings


def test_what_is_declared_is_let_through(replay_gitea: STARTED, tmp_path: Path) -> None:
    site_allows = Allow(ci_accounts=("Root-Admin",), writable_deploy_keys=("ci writes",))
    found = seen(replay_gitea("1.27.0", SITE), tmp_path / "site", allow=site_allows)
    assert found["gitea-deploy-keys-read-only"] == "pass"
    pushers = Allow(push=("Gardienne",), ci_accounts=("root-admin",))
    found = seen(replay_gitea("1.27.0", "direct-push"), tmp_path / "pushers", allow=pushers)
    assert found["gitea-main-no-direct-push"] == "pass"
    patterns = Allow(unprotected_patterns=("docs/**",))
    gitea = replay_gitea("1.27.0", "protection", variant="unprotected-patterns")
    found = seen(gitea, tmp_path / "patterns", allow=patterns)
    assert found["gitea-main-no-direct-push"] == "fail pattern:*.md"


def test_a_forged_success_is_named_where_nobody_declared_the_account(replay_gitea: STARTED, tmp_path: Path) -> None:
    found = seen(replay_gitea("1.27.0", SITE), tmp_path, allow=Allow())
    assert found["gitea-main-ci-genuine"] == str(Verdict("fail", BOTH_PUSHED))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_required_context_on_the_second_page_counts(version: str, replay_gitea: STARTED, tmp_path: Path) -> None:
    gitea = replay_gitea(version, "ci-states")
    red = _contexts(gitea, "failure")
    assert len(red) == 1
    found = seen(gitea, tmp_path, checks=("matrix / cell 32", "matrix / nowhere", *red))
    assert found["gitea-main-ci-green"] == str(
        Verdict("fail", tuple(sorted(("context:matrix / nowhere", *(f"context:{name}" for name in red)))))
    )


def _contexts(gitea: ReplayGitea, state: str) -> tuple[str, ...]:
    pages = (each.body for each in gitea.recording.exchanges if "/status?" in each.target and each.body)
    tip = next(each.body["commit"]["id"] for each in gitea.recording.exchanges if each.path.endswith("/branches/main"))
    rows = (row for page in pages if page["sha"] == tip for row in page["statuses"] or ())
    return tuple(dict.fromkeys(row["context"] for row in rows if row["status"] == state))


def test_an_old_name_is_a_redirect_that_fails_and_hides_the_rest(replay_gitea: STARTED, tmp_path: Path) -> None:
    found = seen(replay_gitea("1.27.0", "renamed"), tmp_path, repository="Archicratia/old-name")
    assert found["gitea-repository-canonical"] == "fail repository:Archicratia/old-name"
    assert found["gitea-repository-case"] == "not_applicable"
    assert "pass" not in set(found.values())


def test_a_wrong_case_is_another_finding_than_a_wrong_name(replay_gitea: STARTED, tmp_path: Path) -> None:
    found = seen(replay_gitea("1.27.0", SITE), tmp_path, repository="archicratia/Archicratie-Edition")
    assert found["gitea-repository-canonical"] == "pass"
    assert found["gitea-repository-case"] == "fail repository:archicratia/Archicratie-Edition"


def test_branches_are_judged_by_the_names_of_the_policy_file(replay_gitea: STARTED, tmp_path: Path) -> None:
    gitea = replay_gitea("1.27.0", SITE)
    assert seen(gitea, tmp_path, branch_names=("feat/*",))["gitea-branches-named"] == "fail pull:14"
    assert seen(gitea, tmp_path, branch_names=("feat/*", "hotfix/*"))["gitea-branches-named"] == "pass"


def test_without_checks_those_of_the_protection_count(replay_gitea: STARTED, tmp_path: Path) -> None:
    found = seen(replay_gitea("1.27.0", SITE), tmp_path / "site", checks=())
    assert (found["gitea-main-requires-ci"], found["gitea-main-ci-green"]) == ("pass", "pass")
    found = seen(replay_gitea("1.27.0", "protection", variant="default"), tmp_path / "none", checks=())
    assert found["gitea-main-requires-ci"] == "fail protection:main"
    assert {found["gitea-main-ci-green"], found["gitea-main-ci-genuine"]} == {"not_applicable"}


def test_a_missing_check_of_a_young_commit_is_unknown_and_later_a_failure(
    replay_gitea: STARTED, tmp_path: Path
) -> None:
    config = site(replay_gitea("1.27.0", "rewritten"), tmp_path)
    snapshot = observe(config, tmp_path / "state")
    assert snapshot.gitea is not MISSING
    main = snapshot.gitea.main
    assert main is not MISSING
    assert main is not None
    assert main.committed_at is not MISSING
    # the push itself, which the feed dates, may be a second younger than the commit
    for seconds, outcome in ((1799, "unknown"), (1805, "fail")):
        moment = time_text(parse_time(main.committed_at) + timedelta(seconds=seconds))
        found = verdicts(judge(replace(snapshot, finished_at=moment), config))
        assert found["gitea-main-ci-green"].outcome == outcome


# Memory


def test_a_tip_that_vanished_is_named_on_the_second_night(replay_gitea: STARTED, tmp_path: Path) -> None:
    gitea = replay_gitea("1.27.0", "rewritten")
    events = json.loads((DATA / "1.27.0" / "rewritten.json").read_text())["events"]
    gone = next(each["sha"] for each in events if each["what"] == "the tip that vanished")
    kept = events[1]["sha"]
    tips = tuple(SeenTip(branch="main", commit=sha, seen_at="2026-11-22T03:00:00Z") for sha in (kept, gone))
    night = Earlier(run=EarlierRun(id="x", finished_at="2026-11-22T03:00:00Z"), tips=tips)
    config = site(gitea, tmp_path)
    report = judge(observe(config, tmp_path / "state", night), config)
    assert str(verdicts(report)["gitea-main-not-rewritten"]) == f"fail commit:{gone}"
    finding = next(one for one in report.findings if one.subject == f"gitea:commit:{gone}")
    assert "ecrivain pushed something else" in finding.message


def test_the_second_night_compares_with_the_first(replay_gitea: STARTED, tmp_path: Path) -> None:
    gitea = replay_gitea("1.27.0", SITE)
    config = site(gitea, tmp_path)
    first = observe(config, tmp_path / "state")
    night = earlier_of(first)
    found = verdicts(judge(observe(config, tmp_path / "state", night), config))
    assert found["gitea-protection-unchanged"].outcome == "pass"
    assert found["gitea-main-not-rewritten"].outcome == "pass"

    def opened(rules: Any) -> Any:
        return [rule | {"enable_push": True} for rule in rules]

    gitea.overlay["R/branch_protections"] = opened
    second = observe(config, tmp_path / "state", night)
    found = verdicts(judge(second, config))
    assert str(found["gitea-protection-unchanged"]) == "fail protection:main#enable_push"
    assert (
        verdicts(judge(observe(config, tmp_path / "state", earlier_of(second)), config))[
            "gitea-protection-unchanged"
        ].outcome
        == "pass"
    )


def test_without_a_memory_what_needs_one_is_unknown(replay_gitea: STARTED, tmp_path: Path) -> None:
    config = site(replay_gitea("1.27.0", SITE), tmp_path)
    found = verdicts(judge(observe(config, tmp_path / "state", None), config))
    assert {found[f"gitea-{name}"].outcome for name in ("main-not-rewritten", "protection-unchanged")} == {"unknown"}


# What is taken away, and what is nonsense

ROUTES = (
    "R$",
    "R/branches",
    "R/branch_protections",
    "R/keys",
    "R/pulls",
    "R/activities",
    "R/commits",
    "R/git",
    "/api/v1/version",
    "/api/v1/settings",
    "/api/v1/token",
    "/api/v1/user",
    "/Archicratia",
)
SCENARIOS = [("actions", None), ("direct-push", None), ("rewritten", None), ("protection", "two-rules-as-created")]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("scenario", "variant"), [*SCENARIOS, (SITE, None)])
def test_taking_an_endpoint_away_never_turns_a_failure_or_an_unknown_into_a_pass(
    scenario: str, variant: str | None, route: str, replay_gitea: STARTED, tmp_path: Path
) -> None:
    whole = expected(World("1.27.0", scenario, variant))
    for fault in ("missing", 403):
        gitea = replay_gitea("1.27.0", scenario, variant=variant, fail={route: fault})
        found = seen(gitea, tmp_path / f"{fault}")
        passed = {rule for rule, verdict in found.items() if verdict == "pass"}
        assert {whole[rule] for rule in passed} <= {"pass"}, (fault, passed)


HOSTILE = sorted(set(NAMED) - {"slow", "endless", "huge", "gzip-bomb"})


@pytest.mark.parametrize("fault", HOSTILE)
def test_nonsense_is_unknown_or_as_before_and_never_a_pass(fault: str, replay_gitea: STARTED, tmp_path: Path) -> None:
    whole = expected(World("1.27.0", "actions"))
    if fault == "redirect":
        # to be led elsewhere is a finding itself
        whole["gitea-repository-canonical"] = "fail repository:Archicratia/actions"
    gitea = replay_gitea("1.27.0", "actions", fail={"/api/v1": fault})
    config = site(gitea, tmp_path)
    snapshot = observe(config, tmp_path / "state")
    report = judge(snapshot, config)
    for rule, verdict in verdicts(report).items():
        assert str(verdict) in (whole[rule], "unknown", "not_applicable"), rule
    text = snapshot_text(snapshot) + canonical(encode(report))
    assert gitea.token(Caller.AUDITEUR) not in text
    for source in report.sources:
        assert "\n" not in (source.error or "")
