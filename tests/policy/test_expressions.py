"""The door to CEL, where the binding behind it needs to be guarded against."""

import gc
import subprocess
import sys
import weakref

from auditor.policy.expressions import Checker

SCRIPT = """
import os
from datetime import UTC, datetime
from cel_expr_python import cel
from auditor.policy.expressions import Scope
expression = cel.NewEnv(variables={"facts": cel.Type.DYN}).compile("facts.a").serialize()
scope = Scope({"facts": {"a": None}}, datetime.now(UTC))
assert all(scope.bind({})(expression) is None for _ in range(150_000))
print("alive", flush=True)
os._exit(0)
"""


def test_a_process_that_reads_very_many_nulls_lives_on() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr[-400:]


def test_what_was_needed_to_compile_is_let_go_with_its_checker() -> None:
    checker = Checker({}, {})
    assert checker.compile("1 < 2", wanted="BOOL")
    seen = weakref.ref(checker)
    del checker
    gc.collect()
    assert seen() is None, "a fleet compiles one policy a site, each in an environment of megabytes"
