"""The probe itself: it reads every name, in every shell, and touches, runs and believes nothing."""

import hashlib
import hmac
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from frame_answer import parse_frames
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.collectors.nas.script import Nonces, render_script, script_hash
from auditor.collectors.nas.visit import facts_of, own_values
from auditor.config import Proxy
from auditor.dotenv import parse_dotenv
from auditor.errors import SourceError
from auditor.model.codec import decode, encode
from auditor.model.facts.nas import Nas as NasFacts
from auditor.model.facts.nas import ReleaseFile
from auditor.model.missing import MISSING
from auditor.text import name_text

from .conftest import HOSTILE, NONCES, Box, git, occasion

PROBE = Path(__file__).parents[3] / "auditor/collectors/nas/probe.sh"


def digest(root: Path) -> dict[bytes, object]:
    """Content, mode, mtime and ctime of everything below a folder."""
    found: dict[bytes, object] = {}
    for folder, folders, files in os.walk(bytes(root)):
        for name in (*folders, *files):
            path = folder + b"/" + name
            status = os.lstat(path)
            content = Path(os.fsdecode(path)).read_bytes() if stat.S_ISREG(status.st_mode) else b""
            found[path] = (status.st_mode, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, content)
    return found


def active_files(facts: NasFacts) -> dict[str, ReleaseFile]:
    assert facts.releases is not MISSING
    release = next(one for one in facts.releases if one.active)
    assert release.files is not MISSING
    return {file.path: file for file in release.files}


def test_the_script_can_be_read_in_ten_minutes_and_passes_shellcheck() -> None:
    assert len(PROBE.read_text().splitlines()) <= 300
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "-s", "sh", str(PROBE)], check=True)


def test_every_hostile_name_comes_home_with_its_hash_and_size(box: Box) -> None:
    files = active_files(box.facts())
    for number, name in enumerate(HOSTILE):
        content = f"content {number}\n".encode()
        file = files[name_text(name)]
        assert (file.kind, file.sha256, file.size) == ("file", hashlib.sha256(content).hexdigest(), len(content))
    assert len(files) == len(HOSTILE) + 3


def test_a_link_is_read_and_never_followed(box: Box) -> None:
    files = active_files(box.facts())
    assert files["src/link"].target == "a.md\nb"
    assert files["src/link"].sha256 == hashlib.sha256(b"a.md\nb").hexdigest()
    assert (files["src/gone"].kind, files["src/gone"].target) == ("symlink", "/etc/shadow")


def test_a_pruned_folder_is_counted_and_its_namesake_elsewhere_is_not_pruned(box: Box) -> None:
    hidden = box.app / "src/node_modules"
    hidden.mkdir()
    (hidden / "hidden.js").write_text("x")
    facts = box.facts()
    assert facts.releases is not MISSING
    release = next(one for one in facts.releases if one.active)
    assert release.pruned is not MISSING
    assert [(one.path, one.file_count) for one in release.pruned] == [("node_modules", 1)]
    assert "src/node_modules/hidden.js" in active_files(facts)
    assert "node_modules/x/evil.js" not in active_files(facts)


def test_an_older_release_is_read_by_the_same_measure(box: Box) -> None:
    releases = box.facts().releases
    assert releases is not MISSING
    assert [(one.name, one.active) for one in releases] == [("20260201-120000", True), ("20260101-120000", False)]
    assert releases[1].git is None
    assert releases[1].files is not MISSING
    assert [file.path for file in releases[1].files] == ["index.md"]


def test_the_facts_survive_the_snapshot_and_name_no_gap_but_docker(box: Box) -> None:
    facts = box.facts()
    assert decode(NasFacts, encode(facts)) == facts
    assert {gap.pointer for gap in facts.gaps} == {"/nas/system/docker_version"}
    assert facts.current is not MISSING
    assert (facts.current.resolved, facts.current.unchanged) == ("releases/20260201-120000/app", True)


def test_a_file_that_cannot_be_read_has_no_hash_and_a_gap_says_so(box: Box) -> None:
    drop = shutil.which("setpriv")
    if os.geteuid() == 0 and drop is None:
        pytest.skip("root reads everything")
    (box.app / "closed.md").write_text("x")
    (box.app / "closed.md").chmod(0)
    (box.app / "sub").mkdir(mode=0o700)
    (box.app / "sub").chmod(0)
    words = (str(drop), "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
    for parent in (box.root, *box.root.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    config = box.config()
    frames = parse_frames(box.run(config, words).stdout, NONCES.frame)
    (box.app / "sub").chmod(0o700)
    facts = facts_of(frames, config, occasion())
    assert active_files(facts)["closed.md"].sha256 is MISSING
    reasons = [gap.reason for gap in facts.gaps if gap.pointer == "/nas/releases/0/files"]
    assert reasons
    assert all("not everything could be read" in reason for reason in reasons)


def test_own_values_travel_as_hmac_and_no_other_value_travels(box: Box) -> None:
    secret = "se cret" + '\\"' + " %s \\0101 value"
    lines = [
        f'A_TOKEN="{secret}" # comment',
        "PUBLIC_GITEA_OWNER=Archicratia # comment",
        "export MULTI='first\nsecond=\tthird'",
        "EMPTY=",
        "SHORT=1234567",
        "KEY=-----BEGIN FAKE KEY-----",
        "notakey=",
        "-----END FAKE KEY-----",
        "PUBLIC_API_TOKEN=abcdefghij",
        "YAML: style value",
    ]
    (box.app / ".env").write_text("\ufeff" + "\r\n".join(lines))
    config = box.config()
    answer = box.run(config)
    frames = parse_frames(answer.stdout, NONCES.frame)
    values = {value.key: value.hmac for value in own_values(frames) if value.hmac}
    expected = {"A_TOKEN": secret, "MULTI": "first\nsecond=\tthird", "KEY": lines[5][4:], "YAML": "style value"}
    assert values == {
        name: hmac.new(NONCES.key.encode(), text.encode(), "sha256").hexdigest() for name, text in expected.items()
    }
    assert b"cret" not in answer.stdout
    facts = facts_of(frames, config, occasion())
    assert facts.env_files is not MISSING
    keys = facts.env_files[0].keys
    assert keys is not MISSING
    assert {key.name: key.value for key in keys if key.value} == {"PUBLIC_GITEA_OWNER": "Archicratia"}
    assert [key.name for key in keys if not key.has_value] == ["EMPTY"]
    assert "notakey" not in {key.name for key in keys}


def test_the_visit_leaves_the_tree_as_it_was(box: Box) -> None:
    (box.app / ".env").write_text("A=b\n")
    before = digest(box.root)
    box.facts()
    assert digest(box.root) == before


def test_booby_traps_never_fire(box: Box, tmp_path: Path) -> None:
    marker = tmp_path / "fired"
    trap = f"#!/bin/sh\necho fired >> '{marker}'\n"
    names = ("find", "sha256sum", "git", "cat", "stat", "tar", "fsmonitor", "filter", "pager", "hook")
    for name in names:
        (box.app / name).write_text(trap)
        (box.app / name).chmod(0o755)
    hooks = box.app / ".git/hooks"
    for hook in ("post-checkout", "fsmonitor-watchman", "pre-commit"):
        (hooks / hook).write_text(trap)
        (hooks / hook).chmod(0o755)
    for key in ("core.fsmonitor", "filter.x.clean", "core.pager", "alias.log", "diff.external", "core.sshCommand"):
        git(box.app, "config", key, f"{'!' if key.startswith('alias') else ''}{box.app}/filter")
    (box.app / ".gitattributes").write_text("* filter=x\n")
    (box.app / "docker-compose.yml").write_text(f"services: {{x: {{image: '$(echo fired >> {marker})'}}}}\n")
    (box.app / ".env").write_text(f"A=$(echo fired >> {marker})\nPUBLIC_B=`echo fired >> {marker}`\n")
    box.environment = {
        "PATH": f"{box.app}:{box.tools}",
        "ENV": str(box.app / "hook"),
        "BASH_FUNC_find%%": f"() {{ echo fired >> '{marker}'; }}",
        "BASH_FUNC_command%%": f"() {{ echo fired >> '{marker}'; }}",
        "BASH_FUNC_unset%%": f"() {{ echo fired >> '{marker}'; }}",
        "BASH_FUNC_printf%%": f"() {{ echo fired >> '{marker}'; }}",
        "TAR_OPTIONS": f"--checkpoint=1 --checkpoint-action=exec='{box.app}/hook'",
        "IFS": "/",
        "CDPATH": str(box.app),
        "nonce_frame": "x",
        "frame": "exported",
        "PS4": f"$(echo fired >> '{marker}')",
    }
    facts = box.facts()
    assert not marker.exists()
    files = active_files(facts)
    assert set(names) <= set(files)
    assert files["src/a.md"].sha256 == hashlib.sha256(b"hello\n").hexdigest()
    assert facts.releases is not MISSING
    repository = facts.releases[0].git
    assert repository is not None
    assert repository is not MISSING
    assert repository.disguises is not MISSING
    kinds = {one.kind for one in repository.disguises}
    assert {"fsmonitor", "filter", "command", "hook"} <= kinds


TOOLS = (
    "awk mawk gawk base64 bash busybox cat curl dash date df env find head id ls readlink sed sh sha256sum stat sudo "
    "synowebapi tail tar tee timeout tr true uname wc wget grep docker"
)


def test_under_strace_it_opens_nothing_for_writing_and_runs_only_the_listed_tools(
    dash_box: Box, tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "strace"
    (dash_box.app / ".env").write_text("A_TOKEN=longenough\nPUBLIC_B=c\n")
    (dash_box.app / "docker-compose.yml").write_text("services: {}\n")
    config = dash_box.config(proxy=Proxy(kind="nginx", files=("/nonexistent/nginx.conf",)))
    words = (
        str(shutil.which("strace")),
        "-f",
        "-qq",
        "-e",
        "trace=%file,%network",
        "-e",
        "signal=none",
        "-o",
        str(log),
    )
    answer = dash_box.run(config, words)
    assert parse_frames(answer.stdout, NONCES.frame).complete
    lines = [line for line in log.read_text(errors="replace").splitlines() if " = -1 " not in line]
    opened = [line for line in lines if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", line)]
    # sudo is setuid and of this machine; it is asked only what it allows
    foreign = {line.split()[0] for line in lines if "execve(" in line and "sudo" in line}
    odd = [line for line in opened if not re.search(r'"/dev/(null|tty)"|"/proc/self/fd/[35]"', line)]
    assert [line for line in odd if line.split()[0] not in foreign] == []
    programs = {match[1] for line in lines if (match := re.search(r'execve\("[^"]*/([^"/]+)"', line))}
    assert programs <= set(TOOLS.split())
    changing = r"\b(unlink|rename|mkdir|rmdir|chmod|chown|link|symlink|truncate|utime|mknod|setxattr)\w*\("
    assert [line for line in lines if re.search(changing, line) and line.split()[0] not in foreign] == []


def installed(box: Box, folder: Path, config: object = None) -> tuple[Path, str]:
    """An installed copy, run by the box's own shell, and its hash."""
    script = render_script(box.config(access="command"), path=box.path())
    copy = folder / "nas-audit"
    copy.write_text(script)
    return copy, script_hash(script)


def ask(box: Box, copy: Path, line: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The forced command: the shell runs the installed copy, whatever the client wanted."""
    return subprocess.run(
        [*box.command()[:1], str(copy)],
        input=line,
        capture_output=True,
        env={"PATH": str(box.tools), **environment},
        timeout=60,
        check=False,
    )


def test_an_installed_copy_answers_with_its_own_hash(box: Box, tmp_path: Path) -> None:
    copy, sha256 = installed(box, tmp_path)
    frames = parse_frames(ask(box, copy, NONCES.line().encode()).stdout, NONCES.frame)
    config = box.config(access="command")
    facts = facts_of(frames, config, occasion(sha256))
    assert facts.probe_sha256 == sha256
    assert facts.rights is not MISSING
    assert facts.rights.forced_command is True
    with pytest.raises(SourceError, match="reinstall the probe"):
        facts_of(frames, config, occasion("0" * 64))


def env_keys(text: bytes) -> list[tuple[str, bool, str]]:
    """What the probe's own reader of env files makes of a text."""
    source = PROBE.read_text()
    start = source.index("env_keys() {")
    function = source[start : source.index("\n}\n", start) + 3]
    words = ["sh", "-c", f"{function}LC_ALL=C env_keys"]
    lines = subprocess.run(words, input=text, capture_output=True, check=True).stdout.decode().split("\n")[:-1]
    parts = [line.split("\t", 2) for line in lines]
    return [(name, full == "1", re.sub(r"\\0([0-7]{3}|[0-7]{2})", octal, value)) for name, full, value in parts]


def octal(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))


PIECES = st.sampled_from(
    [
        "A",
        "export ",
        "B_1",
        "=",
        ": ",
        " = ",
        '"',
        "'",
        "`",
        "\\",
        "\n",
        " #c",
        "#",
        " ",
        "\t",
        "x",
        "$(y)",
        "\\n",
        "%s",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_the_probe_reads_an_env_file_as_the_clone_is_read(text: str) -> None:
    expected = [(one.name, bool(one.value), one.value) for one in parse_dotenv(text.encode())]
    assert env_keys(text.encode()) == expected


HOSTILE_LINES = [
    b"",
    b"\n",
    b"nonce=",
    b"nonce=::\n",
    NONCES.line().encode()[6:].replace(b"1a", b"1A"),
    NONCES.line().upper().encode(),
    b"nonce=" + b"a" * 32 + b":" + b"b" * 32 + b":" + b"c" * 31 + b"g\n",
    b"nonce=" + b"a" * 32 + b":" + b"b" * 32 + b"\n",
    b"nonce=$(id):`id`:;id\n",
    b"nonce=" + b"a" * 98 + b"\n",
    b"nonce=" + b":" * 98 + b"\n",
    b"\0" * 200,
    b"\xff" * 200,
    b"a" * 100_000,
    b"nonce=*:*:*\n",
    b"nonce=../../etc/passwd:x:y\n",
]


@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_a_hostile_line_gets_a_refusal_and_no_fact(dash_box: Box, tmp_path: Path, line: bytes) -> None:
    copy, _ = installed(dash_box, tmp_path)
    answer = ask(dash_box, copy, line)
    assert (answer.returncode, answer.stdout) == (64, b"")
    assert answer.stderr == b"nas-audit: no nonce of three times 32 hex digits\n"


COMMANDS = [
    *(
        f"{word}{tail}"
        for word in ("id", "sh", "nas-audit", "docker", "scp -f /etc/shadow")
        for tail in ("", ";id", "&")
    ),
    *(f"$({word})" for word in ("id", "reboot", "touch /x")),
    *(f"`{word}`" for word in ("id", "reboot")),
    "nonce_frame=x; id",
    "--sha256",
    "-c id",
    "\n id",
    "' ; id ; '",
    '" ; id ; "',
    "x" * 100_000,
    "\x1b]0;x\x07",
    "%s%s%n",
    "$IFS",
    "${PATH}",
    "*",
    "/etc/passwd",
    "../../..",
    "root=/etc",
    "docker_mode=direct",
    "exec 3>/etc/passwd",
    "> /etc/passwd",
    "| cat",
    "&& id",
    "|| id",
    "\\",
    "#",
    "!",
    "~",
    "-",
    "--",
    "rsync --server",
    "internal-sftp",
    "git-upload-pack '/'",
]


def test_there_are_fifty_hostile_commands() -> None:
    assert len(set(COMMANDS)) >= 50


@pytest.mark.parametrize("part", range(5))
def test_no_original_command_changes_what_is_seen(dash_box: Box, tmp_path: Path, part: int) -> None:
    copy, sha256 = installed(dash_box, tmp_path)
    before = digest(dash_box.root)
    for command in COMMANDS[part::5]:
        answer = ask(dash_box, copy, NONCES.line().encode(), SSH_ORIGINAL_COMMAND=command)
        facts = facts_of(parse_frames(answer.stdout, NONCES.frame), dash_box.config(access="command"), occasion(sha256))
        assert facts.root == str(dash_box.root)
        assert len(active_files(facts)) == len(HOSTILE) + 3
    assert digest(dash_box.root) == before


def test_a_script_cut_short_does_nothing(dash_box: Box) -> None:
    text = NONCES.assignments() + render_script(dash_box.config(), path=dash_box.path())
    for end in range(len(NONCES.assignments()), len(text) - len("main </dev/null\n"), 997):
        answer = subprocess.run(dash_box.command(), input=text[:end].encode(), capture_output=True, check=False)
        assert answer.stdout == b""


def test_the_nonces_are_in_no_argument_and_no_environment(dash_box: Box, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "strace"
    dash_box.environment = {"frame": "x", "key": "x", "nonce_frame": "x", "nonce_key": "x"}
    (dash_box.app / ".env").write_text("A_TOKEN=longenough\n")
    words = (str(shutil.which("strace")), "-f", "-qq", "-v", "-s", "4000", "-e", "trace=execve", "-o", str(log))
    dash_box.run(dash_box.config(), words)
    text = log.read_text(errors="replace")
    assert "sha256sum" in text
    assert NONCES.frame not in text
    assert NONCES.key not in text
    assert "longenough" not in text


def test_a_root_that_is_not_there_is_a_gap_of_all_that_lies_below(box: Box) -> None:
    shutil.rmtree(box.root)
    facts = box.facts()
    assert (facts.releases, facts.current) == (MISSING, MISSING)
    assert {"/nas/releases", "/nas/current", "/nas/env_files"} <= {gap.pointer for gap in facts.gaps}


def test_a_current_that_leads_out_of_the_root_is_named_and_not_read(box: Box, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "private.txt").write_text("x")
    (box.root / "current").unlink()
    (box.root / "current").symlink_to(outside)
    answer = box.run(box.config())
    assert b"private.txt" not in answer.stdout
    facts = box.facts()
    assert facts.current is not MISSING
    assert (facts.current.resolved, facts.current.release) == (str(outside), None)
    assert facts.releases is not MISSING
    assert not any(release.active for release in facts.releases)


def test_links_among_the_releases_are_named_and_not_read(box: Box) -> None:
    (box.root / "releases/zz").symlink_to("/etc")
    releases = box.facts().releases
    assert releases is not MISSING
    assert (releases[0].name, releases[0].kind, releases[0].files) == ("zz", "link", MISSING)


def test_a_fifo_in_the_place_of_a_git_file_does_not_hang(box: Box) -> None:
    for name in ("HEAD", "config", "logs/HEAD"):
        (box.app / ".git" / name).unlink()
        os.mkfifo(box.app / ".git" / name)
    facts = box.facts()
    assert any(gap.pointer == "/nas/releases/0/git/head" for gap in facts.gaps)


def test_cutting_the_answer_anywhere_turns_nothing_seen_into_something_else(dash_box: Box) -> None:
    whole = dash_box.run(dash_box.config()).stdout
    full = encode(dash_box.facts())
    for end in range(0, len(whole), max(1, len(whole) // 200)):
        frames = parse_frames(whole[:end], NONCES.frame)
        if not frames.opened:
            with pytest.raises(SourceError):
                facts_of(frames, dash_box.config(), occasion())
            continue
        cut = encode(facts_of(frames, dash_box.config(), occasion()))
        assert cut["gaps"]
        for name in ("current", "env_files", "releases"):
            if name in cut and f"/nas/{name}" not in {gap["pointer"].partition("/unchanged")[0] for gap in cut["gaps"]}:
                assert cut[name] == full[name]


def test_a_stranger_who_cannot_know_the_frame_forges_no_section(dash_box: Box) -> None:
    (dash_box.app / "forged").write_text(f"\n{'2b' * 15}zz END 1 machine 0 0 {'0' * 64}\n")
    assert dash_box.facts().root == str(dash_box.root)


def test_nonces_have_one_form() -> None:
    nonces = Nonces("a" * 32, "b" * 32, "c" * 32)
    assert len(nonces.line()) == 105
    assert nonces.assignments().endswith("\n")
