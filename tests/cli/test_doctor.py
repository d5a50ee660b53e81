"""What doctor says of sources that are all right, lack a right, or can't be reached: over the demo's real protocols."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest

from auditor.cli.checkup import check_text, checks_of
from auditor.cli.command.doctor import EXTRAS
from auditor.cli.shown_key import certificate_check
from auditor.demo.world import World
from auditor.model.facts.nas import Nas
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.findings import Finding
from auditor.model.report import Report, RunInfo, SourceStatus, Tool
from auditor.model.rules import Invariant, Outcome, Severity
from auditor.policy.verdict import summarise
from auditor.transports.http.certificate import ShownCertificate

from .conftest import Run

Made = Callable[..., tuple[Snapshot, Report]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(Path(mkdtemp(dir=tmp_path))) as made:
        yield made


def test_a_site_that_is_all_right_ends_with_0_and_shows_what_to_compare(inside: Run, world: World) -> None:
    done = inside("doctor", "-c", world.policy)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:4]] == [[name, "ok"] for name in ("local", "gitea", "nas", "site")]
    assert "scopes read:repository" in lines[1]
    assert re.search(r"; clock [+-]\ds from this machine's;", lines[2])
    assert "pages and scripts read" in lines[3]
    host_key = next(line for line in lines if line.startswith("host key pinned: SHA256:"))
    assert host_key.removeprefix("host key pinned: ") in world.policy.read_text()
    assert "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done" in done.stdout
    shown = [line for line in lines if "shows a certificate of CN=auditor demo authority, good for 29d" in line]
    assert [line.split()[2] for line in shown] == ["git.demo.example", "www.demo.example"]
    assert all("key pin sha256:" in line for line in shown)
    assert any(line.startswith("auditor ok") and "state in " in line for line in lines)
    assert not (world.folder / "state" / "history.sqlite").exists(), "doctor stores nothing"


def test_a_refused_token_and_a_strange_host_key_are_broken_with_the_remedy(inside: Run, world: World) -> None:
    (world.folder / "token").write_text("0" * 40)
    text = world.policy.read_text()
    fingerprint = text.partition("SHA256:")[2].partition('"')[0]
    world.policy.write_text(text.replace(fingerprint, "A" * 43))
    done = inside("doctor", "-c", world.policy)
    assert done.returncode == 3
    broken = [line.split()[0] for line in done.stdout.splitlines() if " broken " in line[:18]]
    assert "nas" in broken
    assert "0" * 40 not in done.stdout + done.stderr


def test_a_source_that_is_left_out_or_not_configured_is_no_fault(inside: Run, world: World) -> None:
    done = inside("doctor", "-c", world.policy, "--only", "local")
    assert done.returncode == 0
    assert "gitea   ok       left out, so not judged" in done.stdout
    assert "certificate" not in done.stdout, "what is left out is not asked"


def test_a_site_whose_authority_is_unknown_is_not_called_read(inside: Run, world: World) -> None:
    world.policy.write_text(world.policy.read_text().replace("  ca: ca.pem\n", ""))
    done = inside("doctor", "-c", world.policy, "--only", "site")
    assert done.returncode == 3
    assert "none of its pages could be read" in done.stdout
    assert "not seen: site.public" in done.stdout
    assert "comes from an unknown authority" in done.stdout


def test_what_a_visitor_may_not_see_is_named_with_the_right_that_shows_it(inside: Run, world: World) -> None:
    world.policy.write_text(world.policy.read_text().replace("  token: {file: token}\n", ""))
    lines = inside("doctor", "-c", world.policy, "--only", "gitea").stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if "may not see it" in line)
    assert lines[at + 1].strip().startswith("not seen: gitea.")
    assert "gitea-main-no-bypass" in lines[at + 2] and "audit-sources-observed" not in lines[at + 2]
    assert "its token the scope read:repository" in lines[at + 3]


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [(40, "ok", "good for 40d"), (3, "unknown", "good for 3d"), (-1, "unknown", "expired")],
)
def test_a_certificate_that_ends_soon_is_told(days: int, state: str, words: str) -> None:
    now = datetime(2026, 2, 1, tzinfo=UTC)
    shown = ShownCertificate(pin="sha256:00", issuer="CN=x", ends_at=now + timedelta(days=days))
    check = certificate_check("site", "www.example.net", shown, now)
    assert (check.state, words in check.text, bool(check.remedy)) == (state, True, state != "ok")


def test_a_certificate_that_no_parser_takes_is_known_by_its_key_alone() -> None:
    check = certificate_check("site", "www.example.net", ShownCertificate(pin="sha256:00"), datetime.now(UTC))
    assert (check.state, check.text) == ("ok", "www.example.net shows key pin sha256:00")


def test_a_clock_that_runs_ahead_is_told_with_the_remedy(made: Made) -> None:
    snapshot, report = made((), ())
    nas = Nas(available=True, access="probe", observed_at=snapshot.started_at, clock_offset_seconds=90.0)
    checks = checks_of(replace(snapshot, nas=nas), report)
    assert [check.state for check in checks] == ["ok", "unknown"]
    assert (checks[1].text, checks[1].remedy) == ("its clock is 90s ahead of this machine's", "set both clocks by NTP")


def test_trust_is_given_by_a_person_alone(auditor: Run, world: World) -> None:
    refused = auditor("doctor", "--trust", cwd=world.folder, input="n\n")
    assert (refused.returncode, refused.stdout.rstrip().endswith("stays untrusted")) == (3, True)
    agreed = auditor("doctor", "--trust", cwd=world.folder, input="y\n")
    assert agreed.returncode == 0
    assert "is trusted until it changes" in agreed.stdout


@pytest.fixture
def made() -> Made:
    """A report with one source, its gaps, and the findings that are unknown for them."""

    def make(gaps: tuple[Gap, ...], findings: tuple[Finding, ...]) -> tuple[Snapshot, Report]:
        moment = "2026-02-01T03:00:00Z"
        snapshot = Snapshot(
            schema_version=1,
            tool_version="0",
            id="x",
            site_id="s",
            mode="collect",
            started_at=moment,
            finished_at=moment,
            sources=(),
        )
        run = RunInfo(
            id="x",
            site="s",
            started_at=moment,
            finished_at=moment,
            mode="collect",
            policy_sha256="",
            snapshot_sha256="",
        )
        report = Report(
            schema_version=1,
            tool=Tool(name="auditor", version="0"),
            run=run,
            verdict="inconclusive",
            summary=summarise(findings),
            sources=(SourceStatus(name="nas", status="partial", gaps=gaps),),
            findings=findings,
        )
        return snapshot, report

    return make


def test_a_lacking_right_names_the_rules_that_it_leaves_unknown_and_how_to_grant_it(made: Made) -> None:
    gap = Gap(pointer="/nas/slots", reason="Docker can't be asked", remedy="first line\nsecond \x1b line")
    unread = Gap(pointer="/nas/disk", reason="df failed")
    finding = Finding(
        rule_id="nas-image-of-commit",
        invariant=Invariant.NAS_INVENTS_NOTHING,
        outcome=Outcome.UNKNOWN,
        severity=Severity.HIGH,
        subject="nas:slot:blue",
        message="Docker can't be asked",
    )
    checks = checks_of(*made((gap, unread), (finding,)))
    assert [(check.state, check.rules) for check in checks] == [("ok", ()), ("unknown", ("nas-image-of-commit",))]
    assert check_text(checks).splitlines()[1:] == [
        "nas     unknown  Docker can't be asked",
        "                 not seen: nas.slots",
        "                 leaves unknown: nas-image-of-commit",
        "                 mend: first line",
        "                       second \\x1b line",
    ]


def test_every_extra_is_named_that_the_package_offers() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert [name for name, _ in EXTRAS] == sorted(set(project["optional-dependencies"]) - {"test"})
