"""Many sites at once: each keeps its own failure, the summary is one line a site, and no report outlives its line."""

import gc
import json
import shutil
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from auditor.cli import exit_code
from auditor.cli.fleet.crew import threads
from auditor.cli.fleet.job import Order
from auditor.cli.fleet.judge import Told
from auditor.cli.fleet.shelf import opened_shelf
from auditor.cli.fleet.survey import survey
from auditor.cli.fleet.target import Target
from auditor.history.lock import site_lock
from auditor.model.fleet import SiteLine, VerdictCount
from auditor.model.report import Report
from auditor.plugins import names
from tests.cli.conftest import AddSite, interrupted
from tests.cli.test_exit_code import faulty, hanging


def told(done: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def test_one_line_a_site_the_worst_first(inside: Any, add_site: AddSite) -> None:
    done = inside("fleet", add_site("clean"), add_site("dirty", dirty=True))
    head, empty, *lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert head == "2 sites: 1 non-compliant, 1 compliant"
    assert empty == ""
    assert [line.split()[:2] for line in lines] == [["non-compliant", "dirty"], ["compliant", "clean"]]
    assert lines[0].endswith("secrets-env-files-private local:file:.env")


def test_each_site_gets_the_report_that_audit_alone_gives(inside: Any, add_site: AddSite) -> None:
    file = add_site("dirty", dirty=True)
    alone = told(inside("audit", "-c", file, "--no-store", "--format", "json"))
    (line,) = told(inside("fleet", file, "--no-store", "--format", "json"))["sites"]
    assert (line["verdict"], line["summary"]) == (alone["verdict"], alone["summary"])
    assert line["gravest"]["fingerprint"] in {one["fingerprint"] for one in alone["findings"]}


def test_a_site_of_the_fleet_is_stored_like_any_other(inside: Any, add_site: AddSite) -> None:
    file = add_site("clean")
    inside("fleet", file)
    assert told(inside("export", "-c", file, "--format", "json"))["run"]["mode"] == "audit"
    other = add_site("other")
    inside("fleet", other, "--no-store")
    assert inside("export", "-c", other).returncode == 2


def test_a_broken_policy_and_a_missing_file_stay_their_own(inside: Any, add_site: AddSite, tmp_path: Path) -> None:
    clean, broken = add_site("clean"), tmp_path / "broken.yaml"
    broken.write_text("schema: 1\nid: broken\nmoon: 1\nsun: 2\n")
    done = inside("fleet", clean, broken, tmp_path / "none.yaml", "--format", "json")
    data = told(done)
    assert done.returncode == data["exit_code"] == 2
    assert data["verdicts"] == {"compliant": 1, "non_compliant": 0, "inconclusive": 0, "not_judged": 2}
    errors = {Path(one["file"]).stem: one["error"] for one in data["sites"]}
    assert errors["clean"] is None
    assert "broken.yaml:3:" in errors["broken"]
    assert "1 more" in errors["broken"]
    assert "does not exist" in errors["none"]


def test_a_locked_site_says_so_while_the_others_go_on(inside: Any, add_site: AddSite, home: Path) -> None:
    busy, clean = add_site("busy"), add_site("clean")
    state = home / ".local" / "state" / "auditor"
    state.mkdir(parents=True, mode=0o700)
    with site_lock(state, "busy", at="2026-02-01T03:00:00Z"):
        data = told(inside("fleet", busy, clean, "--format", "json"))
    assert [one["exit_code"] for one in data["sites"]] == [75, 0]
    assert data["exit_code"] == 75


def test_a_crash_in_one_site_is_its_line_and_not_the_end_of_the_others(
    inside: Any, add_site: AddSite, clone: Path, tmp_path: Path
) -> None:
    file = add_site("clean")
    snapshot = tmp_path / "s.json"
    inside("collect", "-c", file, "-o", snapshot)
    action = "raise ZeroDivisionError('ghp_secret')"
    arguments = ("fleet", "-c", str(file), str(snapshot), str(file), "--format", "json")
    done = faulty("auditor.cli.fleet.judge", "judged", action, *arguments, cwd=tmp_path)
    data = told(done)
    assert [one["exit_code"] for one in data["sites"]] == [70, 0]
    assert data["sites"][0]["error"].startswith("internal error: ZeroDivisionError at ")
    assert done.returncode == 70
    assert "ghp_secret" not in done.stdout + done.stderr


def test_a_folder_stands_for_the_sites_in_it_and_below(inside: Any, add_site: AddSite, tmp_path: Path) -> None:
    first = add_site("first")
    below = first.parent / "second"
    below.mkdir()
    add_site("second").rename(below / "policies.yaml")
    (first.parent / "base.yaml").write_text("schema: 1\n")
    (first.parent / "package.json").write_text("{}")
    data = told(inside("fleet", first.parent, first, "--format", "json"))
    assert sorted(one["site"] for one in data["sites"]) == ["first", "second"]


def test_a_file_that_was_merely_found_in_a_folder_uses_no_credentials(inside: Any, add_site: AddSite) -> None:
    file = add_site("found")
    file.write_text(file.read_text() + "notify:\n- {heartbeat: {env: HEART}}\n")
    by_folder, by_name = inside("fleet", file.parent, "--no-store"), inside("fleet", file, "--no-store")
    assert by_folder.returncode == by_name.returncode == 0
    assert "found: found.yaml was merely found: its credentials" in by_folder.stderr
    assert "merely found" not in by_name.stderr


def test_stored_snapshots_are_summed_up_by_the_policy_that_is_named(
    inside: Any, add_site: AddSite, tmp_path: Path
) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    file = add_site("dirty", dirty=True)
    inside("collect", "-c", file, "-o", folder / "a.json")
    shutil.copy(folder / "a.json", folder / "b.json")
    shutil.rmtree(tmp_path / "clone-dirty")
    done = inside("fleet", "-c", file, folder, "--format", "json")
    assert done.returncode == 1
    assert [Path(one["file"]).name for one in told(done)["sites"]] == ["a.json", "b.json"]
    assert {one["gravest"]["rule_id"] for one in told(done)["sites"]} == {"secrets-env-files-private"}


def test_a_snapshot_is_judged_by_the_policy_beside_it(inside: Any, add_site: AddSite, tmp_path: Path) -> None:
    file = add_site("clean").rename(tmp_path / "policies.yaml")
    folder = tmp_path / "deep" / "down"
    folder.mkdir(parents=True)
    inside("collect", "-c", file, "-o", folder / "s.json")
    assert told(inside("fleet", folder / "s.json", "--format", "json"))["verdicts"]["compliant"] == 1
    file.unlink()
    done = inside("fleet", folder / "s.json")
    assert done.returncode == 2
    assert "name its policy with -c" in " ".join(done.stdout.split())


def test_a_snapshot_of_another_site_is_never_judged_by_this_policy(
    inside: Any, add_site: AddSite, tmp_path: Path
) -> None:
    mine, other = add_site("mine"), add_site("other")
    inside("collect", "-c", other, "-o", tmp_path / "s.json")
    (line,) = told(inside("fleet", "-c", mine, tmp_path / "s.json", "--format", "json"))["sites"]
    assert (line["verdict"], line["exit_code"]) == (None, 2)
    assert "is of the site 'other', its policy of 'mine'" in line["error"]


def test_quiet_says_nothing_of_a_fleet_that_is_right(inside: Any, add_site: AddSite) -> None:
    clean, dirty = add_site("clean"), add_site("dirty", dirty=True)
    assert inside("fleet", "-q", clean).stdout == ""
    assert "non-compliant" in inside("fleet", "-q", clean, dirty).stdout


@pytest.mark.parametrize("name", names("formats"))
def test_every_format_shows_many_sites(inside: Any, add_site: AddSite, tmp_path: Path, name: str) -> None:
    done = inside("fleet", add_site("dirty", dirty=True), tmp_path / "none.yaml", "--format", f"{name}:{tmp_path}/f")
    text = (tmp_path / "f").read_text()
    assert (done.returncode, done.stdout) == (1, "")
    assert "dirty" in text
    assert "secrets-env-files-private" in text or name == "prometheus"
    assert "does not exist" in text or name == "prometheus"
    assert inside("fleet", add_site("clean"), "--format", name).stdout.count("clean") >= 1


def test_a_format_that_shows_one_report_alone_is_refused_before_anything_runs(
    inside: Any, add_site: AddSite, home: Path
) -> None:
    done = inside("fleet", add_site("clean"), "--format", "nothing")
    assert done.returncode == 2
    assert "choose one of console, csv" in done.stderr
    assert not (home / ".local").exists()


def test_an_interrupted_fleet_writes_nothing_and_waits_for_no_site(add_site: AddSite, clone: Path, home: Path) -> None:
    files = [str(add_site(f"hung{number}")) for number in range(6)]
    process = hanging(clone, "fleet", *files, "--format", "json:report.json")
    assert interrupted(process) == (exit_code.INTERRUPTED, b"", b"")
    assert not [path for path in clone.iterdir() if "report.json" in path.name]


def test_a_folder_without_a_site_is_an_error_of_the_command_line(inside: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = inside("fleet", tmp_path / "empty")
    assert done.returncode == 2
    assert "holds no policy file of a site and no snapshot" in done.stderr


def test_no_report_outlives_its_line(inside: Any, add_site: AddSite, tmp_path: Path) -> None:
    file = add_site("dirty", dirty=True)
    inside("collect", "-c", file, "-o", tmp_path / "0.json")
    said: list[str] = []
    targets = [Target(tmp_path / "0.json")] * 10
    with opened_shelf() as shelf:
        with threads(2, Order(timeout=60, reports=True), file) as crew:
            surveyed = survey(targets, crew, shelf, lambda _source, text: said.append(text))
        gc.collect()
        held = [one for one in gc.get_objects() if type(one) is Report]
        seen = [report.verdict for report in surveyed.reports() if report is not None]
    assert {(line.verdict, line.error) for line in surveyed.fleet.sites} == {("non-compliant", None)}
    assert (held, seen) == ([], ["non-compliant"] * 10)
    assert said[-2:] == ["10 of 10 sites", ""]


@dataclass
class Deserted:
    """A crew that takes two sites, gives one line back, and is then gone."""

    width: int = 2
    sent: list[Target] = field(default_factory=list)

    def send(self, target: Target) -> "Future[Told]":
        self.sent.append(target)
        answer: Future[Told] = Future()
        if len(self.sent) == 1:
            answer.set_result(Told(line=SiteLine(site="one", file=target.file, verdict="compliant", exit_code=0)))
        return answer

    def fault(self) -> str | None:
        return "all of them are gone"


def test_what_a_crew_no_longer_gives_back_is_told_and_nothing_more_is_sent() -> None:
    crew, targets = Deserted(), [Target(Path(f"{number}.yaml")) for number in range(5)]
    with opened_shelf() as shelf:
        fleet = survey(targets, crew, shelf, lambda _source, _text: None).fleet
    assert len(crew.sent) == 3
    assert (fleet.exit_code, fleet.verdicts) == (70, VerdictCount(compliant=1, not_judged=4))
    assert {line.error for line in fleet.sites if line.verdict is None} == {"all of them are gone"}


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((0, 3), 3), ((3, 75, 0), 75), ((75, 2, 3), 2), ((2, 70), 70), ((70, 1, 2), 1), ((0, 0), 0)],
)
def test_the_worst_site_gives_the_exit_code(codes: tuple[int, ...], worst: int) -> None:
    assert exit_code.worst(codes) == worst
