"""Compiles the two loops over a pack into the wheel, for this machine or for another one.

A hook of the build (hatchling). Without a C compiler or Python's headers the wheel is built without it, and the program
does the same in Python. AUDITOR_NATIVE=no leaves it out; AUDITOR_NATIVE=TARGET, a key of TARGETS, builds it for that
machine by the compiler of the package `ziglang`, which brings the headers of all of them. One file serves every
version of Python from 3.11 on (its stable ABI).
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("auditor/collectors/leaks/_pack.c")
BUILT = SOURCE.with_name("_pack.abi3.so")
TARGETS = {
    "linux-x86_64": ("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64"),
    "linux-aarch64": ("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64"),
    "musllinux-x86_64": ("x86_64-linux-musl", "musllinux_1_1_x86_64"),
    "musllinux-aarch64": ("aarch64-linux-musl", "musllinux_1_1_aarch64"),
    "macos-x86_64": ("x86_64-macos.11.0", "macosx_11_0_x86_64"),
    "macos-arm64": ("aarch64-macos.11.0", "macosx_11_0_arm64"),
}

# there the symbols of Python are found when it is loaded, and a library would carry the path where it was built
_MAC = ["-Wl,-undefined,dynamic_lookup", f"-Wl,-install_name,{BUILT.name}"]


class NativeHook(BuildHookInterface):
    """Adds the compiled file to a wheel, or puts it beside its source where that is installed to be edited."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        wanted = os.environ.get("AUDITOR_NATIVE", "")
        if self.target_name != "wheel" or wanted == "no":
            return
        root = Path(self.root)
        if wanted:
            target, platform = TARGETS[wanted]
            built = root / "build" / wanted / BUILT.name
            compiler = [sys.executable, "-m", "ziglang", "cc", "-target", target]
        else:
            target, platform, built = sys.platform, re.sub("[-.]", "_", sysconfig.get_platform()), root / BUILT
            compiler = [shutil.which(os.environ.get("CC", "cc")) or ""]
        if not compile_into(built, root / SOURCE, compiler, is_mac="macos" in target or target == "darwin"):
            if wanted:
                raise SystemExit(f"{SOURCE} could not be compiled for {wanted}")
            self.app.display_warning(f"{SOURCE} could not be compiled: the search for secrets will take longer")
            return
        if version != "editable":
            build_data["force_include"][str(built)] = str(BUILT)
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{platform}"


def compile_into(built: Path, source: Path, compiler: list[str], *, is_mac: bool) -> bool:
    """Whether there is a compiled file now."""
    headers = Path(sysconfig.get_path("include"))
    if not compiler[0] or not (headers / "Python.h").is_file():
        return False
    built.parent.mkdir(parents=True, exist_ok=True)
    options = ["-O2", "-g0", "-shared", "-fPIC", f"-I{headers}", *(_MAC if is_mac else [])]
    return subprocess.run([*compiler, *options, str(source), "-o", str(built)], check=False).returncode == 0
