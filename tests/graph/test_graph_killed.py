from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

TRIALS = 15


def test_a_run_killed_at_any_moment_goes_on_where_it_was(tmp_path: Path) -> None:
    script = Path(__file__).with_name("killed_run.py")
    environment = os.environ | {"PYTHONPATH": str(script.parent)}
    command = [sys.executable, str(script), str(tmp_path), str(TRIALS)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    partly = 0
    for trial in report["trials"]:
        assert trial["digest"] == report["whole"]  # the same bytes as an undisturbed run
        assert not set(trial["finished"]) & set(trial["computed"])  # nothing finished was computed again
        assert len(trial["computed"]) == len(set(trial["computed"]))
        partly += 0 < len(trial["finished"]) < report["nodes"]
    assert partly >= TRIALS // 4  # the kills did hit runs that were under way
