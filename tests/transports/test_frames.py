"""The framing: what counts, what is refused, and that the shell's half writes what the parser reads."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from frame_answer import parse_frames
from hypothesis import given
from hypothesis import strategies as st

from auditor.transports.frames import FrameReader, Frames

FRAME = "0f" * 16
SENDER = Path(__file__).with_name("frames.sh")
BODIES = st.lists(
    st.binary(max_size=300) | st.sampled_from([b"", b"\n", b"\n\n", FRAME.encode()[:-1], b"\n" + FRAME.encode()[:31]]),
    max_size=4,
)


def section(number: int, name: str, body: bytes, status: int = 0) -> bytes:
    digest = sha256(body).hexdigest()
    return (
        f"{FRAME} BEGIN {number} {name}\n".encode()
        + body
        + f"\n{FRAME} END {number} {name} {status} {len(body)} {digest}\n".encode()
    )


def answer(*bodies: bytes) -> bytes:
    sections = b"".join(section(number, f"s{number}", body) for number, body in enumerate(bodies, 1))
    return f"{FRAME} OPEN 1\n".encode() + sections + f"{FRAME} DONE {len(bodies)}\n".encode()


def bodies_of(frames: Frames) -> list[bytes]:
    return [section.body for section in frames.sections]


@given(BODIES, st.binary(max_size=50), st.binary(max_size=50))
def test_a_whole_answer_gives_every_section_whatever_surrounds_it(
    bodies: list[bytes], before: bytes, after: bytes
) -> None:
    frames = parse_frames(before + answer(*bodies) + after, FRAME)
    assert (bodies_of(frames), frames.complete, frames.opened, frames.faults) == (bodies, True, True, ())


@given(BODIES, st.data())
def test_a_cut_at_any_byte_gives_a_prefix_of_the_sections_and_says_so(bodies: list[bytes], data: st.DataObject) -> None:
    whole = answer(*bodies)
    frames = parse_frames(whole[: data.draw(st.integers(0, len(whole) - 1))], FRAME)
    assert bodies_of(frames) == bodies[: len(frames.sections)]
    assert not frames.complete
    assert frames.faults[-1].section is None


@given(BODIES, st.lists(st.integers(1, 40), min_size=1), st.booleans())
def test_pieces_of_any_size_give_what_the_whole_gives(bodies: list[bytes], sizes: list[int], cut: bool) -> None:
    whole = b"noise without an end" + answer(*bodies)
    whole = whole[: len(whole) * 2 // 3] if cut else whole
    pieces, at = [], 0
    while at < len(whole):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(whole[at : at + size])
        at += size
    assert parse_frames(pieces, FRAME) == parse_frames(whole, FRAME)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3), st.data())
def test_a_byte_that_changed_never_yields_a_section_that_was_not_sent(bodies: list[bytes], data: st.DataObject) -> None:
    whole = bytearray(answer(*bodies))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    sent = {f"s{number}": body for number, body in enumerate(bodies, 1)}
    for found in parse_frames(bytes(whole), FRAME).sections:
        assert sent[found.name] == found.body


def test_every_cut_inside_a_section_names_the_section() -> None:
    whole = answer(b"first", b"second")
    start = whole.index(b"second")
    for end in range(start, whole.index(f"{FRAME} DONE".encode())):
        frames = parse_frames(whole[:end], FRAME)
        assert bodies_of(frames) == [b"first"]
        assert [fault.section for fault in frames.faults] == ["s2", None]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (section(2, "a", b""), "out of order"),
        (section(1, "a", b"1") + section(3, "b", b""), "out of order"),
        (section(1, "a", b"1") + section(2, "a", b"2"), "came twice"),
        (section(1, "a", b"1") + b"stray\n", "something else wrote"),
        (section(1, "A", b""), "not the expected one"),
        (section(1, "a", b"").replace(b" END 1 a", b" END 2 a"), "not its own"),
        (section(1, "a", b"").replace(b" END 1 a", b" END 1 b"), "not its own"),
        (section(1, "a", b"").replace(b" 0 0 ", b" 0 1 "), "length or sha256"),
        (section(1, "a", f"\n{FRAME} BEGIN 2 b\n".encode()), "holds the frame"),
        (f"{FRAME} BEGIN 1 a\n1\n{FRAME} END 1 a".encode() + b" " * 300, "never ends"),
        (f"{FRAME} DONE 1\n".encode(), "not the expected one"),
    ],
)
def test_a_stream_that_is_not_the_probes_is_not_read_any_further(sent: bytes, reason: str) -> None:
    frames = parse_frames(f"{FRAME} OPEN 1\n".encode() + sent + f"{FRAME} DONE 1\n".encode(), FRAME)
    assert reason in frames.faults[-1].reason
    assert not frames.complete
    assert bodies_of(frames) in ([], [b"1"])


def test_a_frame_of_another_visit_opens_nothing() -> None:
    frames = parse_frames(answer(b"old"), "f0" * 16)
    assert (frames.opened, frames.complete, frames.sections) == (False, False, ())


def test_another_version_of_the_framing_asks_for_the_probe_to_be_reinstalled() -> None:
    frames = parse_frames(answer(b"1").replace(b"OPEN 1", b"OPEN 2"), FRAME)
    assert (frames.opened, frames.sections) == (True, ())
    assert "reinstall" in frames.faults[0].reason


def test_a_failed_producer_loses_its_own_section_only() -> None:
    sent = section(1, "a", b"half", status=1) + section(2, "b", b"whole")
    frames = parse_frames(f"{FRAME} OPEN 1\n".encode() + sent + f"{FRAME} DONE 2\n".encode(), FRAME)
    assert frames.complete
    assert (frames.body("a"), frames.body("b")) == (None, b"whole")
    assert [(fault.section, fault.reason) for fault in frames.faults] == [("a", "its producer ended with status 1")]


def test_noise_is_not_held() -> None:
    reader = FrameReader(FRAME)
    for _ in range(100):
        reader.feed(b"x" * 10_000)
    assert len(reader._held) < 100


@pytest.fixture(params=["dash", "ash", "bash"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[list[str], str]:
    """A shell's command line and its PATH; ash comes with busybox's tools alone."""
    program = shutil.which("busybox" if request.param == "ash" else request.param)
    if program is None:
        pytest.skip(f"{request.param} is not installed")
    if request.param != "ash":
        return [program, "-s"], "/usr/bin:/bin"
    for applet in ("sh", "cat", "tee", "sha256sum", "wc", "printf", "find", "sleep"):
        (tmp_path / applet).symlink_to(program)
    return [str(tmp_path / "sh"), "-s"], str(tmp_path)


def run(shell: tuple[list[str], str], script: str) -> bytes:
    command, path = shell
    text = f"frame={FRAME}\n{SENDER.read_text()}\n{script}\n"
    done = subprocess.run(
        command, input=text.encode(), env={"PATH": path, "LC_ALL": "C"}, stdout=subprocess.PIPE, timeout=60, check=True
    )
    return done.stdout


def test_the_shells_half_writes_what_the_parser_reads(shell: tuple[list[str], str], tmp_path: Path) -> None:
    hostile = bytes(range(256)) * 6000
    (tmp_path / "hostile").write_bytes(hostile)
    script = f"""
        bare() {{ printf 'no end of line'; }}
        fails() {{ echo half; return 3; }}
        all() {{
            framed tree cat {tmp_path}/hostile
            framed empty :
            framed bare bare
            framed fails fails
            framed gone no-such-program
            framed_text note 'é a  b'
            framed stdin cat
        }}
        framed_answer all 2>/dev/null
    """
    frames = parse_frames(run(shell, script), FRAME)
    assert {found.name: found.body for found in frames.sections} == {
        "tree": hostile,
        "empty": b"",
        "bare": b"no end of line",
        "note": "é a  b".encode(),
        "stdin": b"",
    }
    assert [(fault.section, fault.reason.split()[-1]) for fault in frames.faults] == [("fails", "3"), ("gone", "127")]
    assert frames.complete


def test_a_producer_that_leaves_its_shell_loses_its_section(shell: tuple[list[str], str]) -> None:
    frames = parse_frames(run(shell, "leave() { echo half; exit 0; }; framed_answer framed leave leave"), FRAME)
    assert (frames.sections, frames.complete) == ((), False)
