"""A lineage of 1,000 steps: `pedigree verify` and `in-toto-verify` hold it, in time and in memory that have a limit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pedigree.cli.main import main
from pedigree.trust.seal import seal
from trust.builder import deliver, lay_out, stock_commands, stock_tools
from trust.large import closure_of

STEPS = 1_000
MEGABYTES = 150  # twice what either took when this was written, 57 and 64
SECONDS = 4  # of processor, twice as well: wall time is that of whatever else the machine does
# In a small process of its own: the largest memory of a child begins with what its parent had.
WATCHED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss // 1024, used.ru_utime + used.ru_stime)
sys.exit(os.waitstatus_to_exitcode(status))
"""
VERIFY = f"import sys; from {main.__module__} import main; sys.exit(main())"


def watched(command: list[str], directory: Path) -> tuple[int, int, float]:
    """How a command exits, the megabytes that its largest process took, and the seconds of processor that all took."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *command], cwd=directory, env=environment, stdout=subprocess.PIPE, check=False
    )
    megabytes, seconds = done.stdout.split()
    return done.returncode, int(megabytes), float(seconds)


def test_a_thousand_steps_are_verified_within_limits_as_in_toto_verify_verifies_them(tmp_path: Path, uri: str) -> None:
    work = lay_out(tmp_path / "work", uri, *closure_of(STEPS))
    seal(work, uri)
    large, tools = deliver(work), stock_tools(tmp_path / "tools")
    assert len(list((large / "attestations").glob("*.provenance.sigstore.json"))) == STEPS
    ours = [sys.executable, "-c", VERIFY, "verify", str(large), "--key", str(large / "attestations/keys/signer.pub")]
    (theirs,) = (command for command in stock_commands(large / "VERIFY.md") if "in-toto-verify" in command)
    for command in (ours, ["env", f"PATH={tools}:/usr/bin:/bin", "bash", "-c", theirs]):
        status, megabytes, seconds = watched(command, large)
        assert status == 0 and megabytes <= MEGABYTES and seconds <= SECONDS
