"""Imports run one way; start-up loads nothing that it does not need; nothing is longer than a reader can hold."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "httpx",
    "paramiko",
    "dulwich",
    "jsonschema",
    "yaml",
    "cel_expr_python",
    "google.protobuf",
    "asyncio",
    "sqlite3",
)


def test_the_import_contracts_hold() -> None:
    script = (
        "import sys; from importlinter.cli import lint_imports_command;"
        "sys.argv = ['lint-imports', '--no-cache']; lint_imports_command()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["audit", "--help"]])
def test_help_loads_no_heavy_module(arguments: list[str]) -> None:
    script = (
        "import sys; from auditor.cli.main import run; code = run(sys.argv[1:]);"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("LOADED []")


MODULES = sorted(Path(__file__).parents[1].joinpath("auditor").rglob("*.py"))


def test_every_module_says_what_it_is_for_in_three_hundred_lines_at_most() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in MODULES}
    assert [path for path, text in texts.items() if len(text.splitlines()) > 300] == []
    assert [path for path, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []


def test_every_function_is_forty_lines_at_most_and_a_public_one_says_what_it_gives() -> None:
    for path in MODULES:
        module = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 40, f"{path}: {node.name} is too long"
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name} says nothing of itself"
