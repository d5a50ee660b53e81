"""`auditor proposer` as a user calls it, without a policy file."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))

from gitea_replay import ReplayGitea
from site_server import SiteServer

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_wrong_owner_is_named_with_place_value_canonical_and_remedy(auditor: Run) -> None:
    with ReplayGitea("1.27.0", "archicratie-edition") as gitea:
        page = f'<a href="{gitea.url}/archicratie/archicratie-edition/issues/new">Proposer</a>'
        with SiteServer(pages={"/p": page}) as site:
            done = auditor(
                "proposer", "--url", f"{site.url}p", "--expect", gitea.url, "Archicratia", "archicratie-edition"
            )
            told = auditor(
                *("proposer", "--url", f"{site.url}p", "--format", "json"),
                *("--expect", gitea.url, "Archicratia", "archicratie-edition"),
            )
    assert done.returncode == 1, done.stderr
    assert "PUBLIC_GITEA_OWNER  archicratie" in done.stdout
    assert "it is not 'Archicratia'" in done.stdout
    assert "PUBLIC_GITEA_OWNER='Archicratia'" in done.stdout
    failed = {one["rule_id"]: one for one in json.loads(told.stdout)["findings"] if one["outcome"] == "fail"}
    assert failed["proposer-served-values"]["subject"] == "site:value:public:/p#PUBLIC_GITEA_OWNER"


def test_without_a_policy_file_both_options_are_needed(auditor: Run) -> None:
    done = auditor("proposer", "--url", "https://www.example.net/")
    assert done.returncode == 2
    assert "--expect" in done.stderr


def test_a_site_that_is_down_is_inconclusive_or_worse_and_never_compliant(auditor: Run) -> None:
    with SiteServer() as site:
        url = site.url
    done = auditor("proposer", "--url", url, "--expect", url.rstrip("/"), "Acme", "site", "--no-browser")
    assert done.returncode in (1, 3)
    assert "refused the connection" in done.stdout
