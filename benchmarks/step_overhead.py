"""Times what the machinery adds to a step: the DPO stage built by Pants, against its tool run by hand.

Each round changes the seed, so that nothing is cached, in a copy of the repository. The tool is run by hand in the
directory that Pants kept of the step, with the environment that Pants gave it and nothing around it: no namespaces, no
checksums, no capture of what it wrote.

    ./pants package models/embedded-fw-c
    python3 benchmarks/step_overhead.py
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = "models/embedded-fw-c:dpo"
BUILD = "models/embedded-fw-c/BUILD"
ROUNDS = 2
_SEED = re.compile(r'(name="dpo".*?seed=)\d+', re.DOTALL)
_KEPT = re.compile(r"Preserving local process execution dir (\S+) for .*finetune models/embedded-fw-c:dpo")


def build(repo: Path) -> tuple[float, Path]:
    """Wall time of building the target, in seconds, and the directory that its step ran in."""
    start = time.perf_counter()
    done = subprocess.run(
        ["./pants", "--no-dynamic-ui", "--keep-sandboxes=always", "package", TARGET],
        cwd=repo,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    match = _KEPT.search(done.stderr)
    if match is None:
        raise SystemExit("error: Pants kept no directory of the step\nhint: did the step run at all?")
    return seconds, Path(match.group(1))


def words_of(script: str) -> list[str]:
    """Variables and arguments of the `env -i` line of a script; bash takes its own quotes apart."""
    line = next(line for line in script.splitlines() if line.startswith("env -i "))
    shown = "printf '%s\\0' " + line.removeprefix("env -i ")
    return subprocess.run(["bash", "-c", shown], check=True, capture_output=True, text=True).stdout.split("\0")[:-1]


def run_by_hand(sandbox: Path) -> float:
    """Wall time of the tool alone, in seconds."""
    shutil.rmtree(sandbox / "outputs")
    words = words_of((sandbox / "__run.sh").read_text())
    environment = dict(word.split("=", 1) for word in words[: words.index("/bin/sh")])
    # /bin/sh -c <script> step <digest of the checksums> <the tool>
    tool = words[words.index("step") + 2 :]
    start = time.perf_counter()
    subprocess.run(tool, cwd=sandbox, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        repo = Path(scratch) / "repo"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(repo)], check=True)
        build_file = repo / BUILD
        text = build_file.read_text()
        rounds = []
        for number in range(ROUNDS + 1):
            build_file.write_text(_SEED.sub(rf"\g<1>{1000 + number}", text))
            seconds, sandbox = build(repo)
            by_hand = run_by_hand(sandbox)
            shutil.rmtree(sandbox)
            print(f"built {seconds:.1f} s, by hand {by_hand:.1f} s, added {seconds - by_hand:+.1f} s", flush=True)
            # The first round starts the daemon, which is not of the step.
            if number:
                rounds.append((seconds, by_hand))
    added = statistics.median(built - by_hand for built, by_hand in rounds)
    share = statistics.median((built - by_hand) / by_hand for built, by_hand in rounds)
    print(f"added: {added:+.1f} s, {share:+.1%} (median of {ROUNDS}); the bar is 2 % + 3 s")


if __name__ == "__main__":
    main()
