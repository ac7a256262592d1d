"""Rooms know only the rooms below."""

import subprocess
import sys
from pathlib import Path

from portal.core.settings import ROOT


def test_imports_go_down_only() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
