"""Imports run one way; start-up loads nothing that it does not need."""

import subprocess
import sys

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
