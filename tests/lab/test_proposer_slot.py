"""The idle slot before the switch, over a real SSH visit: a wrong value in a chunk that a page loads later."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab_need import need
from site_server import SiteServer
from sshd import SshBox, run_sshd

pytestmark = pytest.mark.lab

BUILT = Path(__file__).parent.parent / "data" / "site" / "astro" / "built"


def policies(folder: Path, box: SshBox, public: str, ports: dict[str, int]) -> Path:
    slots = [{"name": name, "port": port} for name, port in ports.items()]
    data = {
        "schema": 1,
        "extends": "standard",
        "id": "archi",
        "gitea": {
            "base": "https://git.archicratie.example",
            "owner": "Archicratia",
            "repo": "archicratie-edition",
        },
        "nas": {
            "ssh": f"{box.user}@127.0.0.1:{box.port}",
            "key": {"file": str(box.key)},
            "host_key": next(iter(box.fingerprints.values())),
            "root": str(folder),
            "docker": "none",
            "proxy": {"kind": "none"},
            "slots": slots,
        },
        "site": {"url": public, "pages": ["/lazy/"], "browser": "never"},
        "connect": {"git.archicratie.example:443": "127.0.0.1:9"},
    }
    file = folder / "policies.yaml"
    file.write_text(json.dumps(data))
    return file


def proposer(file: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "auditor", "proposer", "-c", str(file), *more]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AUDITOR_", "XDG_"))}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**own, "HOME": str(file.parent)}
    )


def test_a_wrong_owner_in_a_lazy_chunk_of_green_is_found_before_the_switch(tmp_path: Path) -> None:
    need("curl", "curl")
    release = tmp_path / "releases" / "20260201-120000" / "app"
    release.mkdir(parents=True)
    (tmp_path / "current").symlink_to(release)
    with (
        run_sshd() as box,
        SiteServer(BUILT / "right") as public,
        SiteServer(BUILT / "right") as blue,
        SiteServer(BUILT / "case") as green,
    ):
        ports = {name: int(one.url.rpartition(":")[2].rstrip("/")) for name, one in (("blue", blue), ("green", green))}
        file = policies(tmp_path, box, public.url, ports)
        told = json.loads(proposer(file, "--format", "json").stdout)
        shown = proposer(file)
    found = {
        (one["rule_id"], one["subject"]): one
        for one in told["findings"]
        if one["outcome"] == "fail" and one["rule_id"].startswith("proposer-served")
    }
    (((rule, subject), finding),) = found.items()
    assert (rule, subject) == ("proposer-served-case", "site:value:slot:green:/_astro/propose.js#PUBLIC_GITEA_OWNER")
    assert finding["message"].startswith("slot:green serves PUBLIC_GITEA_OWNER = archicratia")
    evidence = {one["name"]: one["value"] for one in finding["evidence"]}
    assert (evidence["value"], evidence["canonical"], evidence["tier"]) == ("archicratia", "Archicratia", "folded")
    assert evidence["place"].startswith("/_astro/propose.")
    assert "PUBLIC_GITEA_OWNER='Archicratia'" in finding["remediation"]
    assert shown.returncode == 1, shown.stderr
    assert "slot:green" in shown.stdout
    assert "it differs from 'Archicratia' in letter case" in shown.stdout
