# paths are bytes here, which pathlib can't hold

import os
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.gitfile.ignore import deciding_from_root, parse_patterns

ATOMS = [
    *[
        "a",
        "b",
        "ab",
        "*",
        "**",
        "***",
        "?",
        "/",
        "/",
        "/",
        "!",
        "#",
        " ",
        "\\ ",
        "\\",
        "\\*",
        "\t",
        ".",
        "A",
        "é",
        "-",
    ],
    *["[ab]", "[!a]", "[^b]", "[a-", "[]a]", "[[:alpha:]]", "[[:foo:]]", "[a-c]", "[c-a]", "[\\]]", "[/]", "\r"],
]
NAMES = ["a", "b", "ab", "A", "c", " a", "a ", "-", "]", "é", ".a", "*", "#a", "!a", "abc", "\\"]

patterns = st.lists(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=6).map("".join), max_size=4).map("\n".join)
paths = st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join), min_size=1, max_size=40)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(root=patterns, nested=patterns, subjects=paths)
def test_the_deciding_pattern_and_its_line_are_those_of_git_check_ignore(
    new_world: Callable[[], object], root: str, nested: str, subjects: list[str]
) -> None:
    world = new_world()
    files = {b"": root.encode(), b"a/": nested.encode()}
    for folder, content in files.items():
        world.write(folder + b".gitignore", content)
    asked = sorted(set(subjects) - {"a"})  # `a` is a folder here, and files are asked about
    said = world.git(
        *["check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"], text="\0".join(asked).encode(), check=False
    ).split(b"\0")
    read = {folder: parse_patterns(data, folder + b".gitignore", folder) for folder, data in files.items()}
    for at in range(0, len(said) - 1, 4):
        file, line, _text, path = said[at : at + 4]
        found = deciding_from_root(lambda folder: read.get(folder, ()), (), path)
        assert (file, line) == ((found.file, b"%d" % found.line) if found else (b"", b"")), path


def test_a_pattern_with_many_stars_takes_no_exponential_time() -> None:
    rules = parse_patterns(b"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n/x*a*a*a*a*a*a*a*a*a*a*a*b\n", b".gitignore")
    assert deciding_from_root(lambda _folder: rules, (), b"a" * 200) is None
    assert deciding_from_root(lambda _folder: rules, (), b"x" + b"a" * 200) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    root=patterns,
    nested=patterns,
    private=patterns,
    own=patterns,
    files=st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join), min_size=1, max_size=25),
    tracked=st.integers(0, 10),
)
def test_untracked_and_ignored_files_are_those_of_git_status(
    new_world: Callable[[], object], root: str, nested: str, private: str, own: str, files: list[str], tracked: int
) -> None:
    world = new_world()
    for index, name in enumerate(files):
        try:
            world.write(name)
        except (NotADirectoryError, IsADirectoryError, FileExistsError):
            continue
        if index < tracked:
            world.git("add", "-f", "--", f":(literal){name}")
    world.write(".gitignore", root.encode())
    if os.path.isdir(world.clone / "a"):
        world.write("a/.gitignore", nested.encode())
    world.write(".git/info/exclude", private.encode())
    (world.home / "ignore").write_text(own, newline="")
    world.git("config", "--global", "core.excludesFile", "~/ignore")
    said = world.git("status", "--porcelain", "-uall", "--ignored", "-z").split(b"\0")
    facts = world.observe()
    untracked = [line[3:].replace(b"\\", b"\\\\").decode() for line in said if line.startswith(b"??")]
    assert [one.path for one in facts.untracked] == sorted(untracked, key=str.encode)
    assert facts.ignored_count == sum(line.startswith(b"!!") for line in said)
    assert facts.gaps == () or all("env_ignore" in gap.pointer for gap in facts.gaps)
