"""Docker's ignore rules, against the cases of the reference implementation (moby/patternmatcher)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.dockerignore import DockerIgnore


@pytest.mark.parametrize(
    ("pattern", "path", "excluded"),
    [
        ("**", "file", True),
        ("**", "dir/file", True),
        ("**/", "file", True),
        ("**/**", "dir/file", True),
        ("dir/**", "dir/file", True),
        ("dir/**", "dir/dir2/file", True),
        ("**/dir", "dir/file", True),
        ("**/dir2/*", "dir/dir2/file", True),
        ("**/dir2/*", "dir/dir2/dir2/file", True),
        ("**file", "file", True),
        ("**file", "dir/file", True),
        ("**/file", "dir/file", True),
        ("**/file", "dir/dir/file.txt", False),
        ("**/file*", "dir/dir/file.txt", True),
        ("**/file*txt", "dir/dir/file.txt", True),
        ("**/file*.txt*", "dir/dir/file.txt", True),
        ("**/**/*.txt", "dir/dir/file.txt", True),
        ("**/**/*.txt2", "dir/dir/file.txt", False),
        ("**/*.txt", "file.txt", True),
        ("a**/*.txt", "a/dir/file.txt", True),
        ("a**/*.txt", "a/file.txt", True),
        ("a/*.txt", "a/dir/file.txt", False),
        ("a[b-d]e", "ace", True),
        ("a[b-d]e", "ae", False),
        ("a[^b-d]e", "aze", True),
        ("a[^b-d]e", "ace", False),
        (".*", ".foo", True),
        (".*", "foo", False),
        ("abc.def", "abcZdef", False),
        ("abc?def", "abcZdef", True),
        ("abc?def", "abc/def", False),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("**/foo/bar", "foo/bar", True),
        ("**/foo/bar", "dir/dir2/foo/bar", True),
        ("abc/**", "abc", False),
        ("abc/**", "abc/def/ghi", True),
        ("**/.foo", "bar/.foo", True),
        ("a(b)c/def", "a(b)c/def", True),
        ("a.|)$(}+{bc", "a.|)$(}+{bc", True),
        ("dist.py-2.4.0rc3.dev36+g08acad9.whl", "dist.py-2.4.0rc3.dev36+g08acad9.whl", True),
        ("docs", "docs/README.md", True),
        ("/docs/", "docs/README.md", True),
        ("./docs", "docs", True),
        ("x/../docs", "docs", True),
        ("*.md", "docs/README.md", False),
        ("*/temp*", "somedir/temporary.txt", True),
        ("*/temp*", "a/b/temp", False),
        (" docs ", "docs/x", True),
        ("#docs", "#docs", False),
        (" #docs", "#docs", True),
        ("[", "[", False),
        ("[]a", "a", False),
        ("/", "a", False),
        (".", "a", False),
        ("!", "!", False),
    ],
)  # fmt: skip
def test_a_single_pattern_excludes_what_docker_excludes(pattern: str, path: str, excluded: bool) -> None:
    assert DockerIgnore.parse([pattern]).takes_in(path) is not excluded


@pytest.mark.parametrize(
    ("lines", "path", "taken"),
    [
        (["docs", "!docs/README.md"], "docs/README.md", True),
        (["docs", "!docs/README.md"], "docs/other.md", False),
        (["docs/README.md", "!docs"], "docs/README.md", True),
        (["!docs", "docs"], "docs/x", False),
        (["*.md", "!README*.md", "README-secret.md"], "README-secret.md", False),
        (["*.md", "README-secret.md", "!README*.md"], "README-secret.md", True),
        (["*", "! src"], "src/a.js", True),
        (["*", "!src"], "dist/a.js", False),
        (["\ufeffdocs"], "docs/x", False),
        (["", "docs"], "docs/x", False),
        ([], "anything", True),
    ],
)
def test_the_last_pattern_that_matches_decides(lines: list[str], path: str, taken: bool) -> None:
    assert DockerIgnore.parse(lines).takes_in(path) is taken


@given(st.lists(st.text(max_size=12), max_size=5), st.text(min_size=1, max_size=20))
def test_no_line_is_too_odd_to_be_read(lines: list[str], path: str) -> None:
    assert DockerIgnore.parse(lines).takes_in(path) in (True, False)


@given(st.lists(st.sampled_from(["a", "a/b", "*", "**/b", "a/*"]), max_size=5), st.sampled_from(["a", "a/b", "c"]))
def test_taking_everything_back_excludes_nothing(lines: list[str], path: str) -> None:
    assert DockerIgnore.parse([*lines, "!**"]).takes_in(path)
