"""`probe.pex --base DIR --adapter DIR --out FILE`: running the probe battery by hand, on directories as they lie.

The battery is a tool of a build, which starts it with what makes its bytes the same again. So it runs here: on a step
made of the two directories, in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pedigree.registry.scan.adapter_probe import read_probe
from pedigree.registry.scan.started import NOWHERE, module_command, packages_alone
from pedigree.step.canonical import canonical_json
from pedigree.step.context import INPUTS, OUTPUTS, STEP_FILE
from pedigree.step.digests import directory_files
from pedigree.step.errors import ToolError
from pedigree.step.model_files import MODEL, WEIGHTS, base_digest

EXIT_PASSES = 0
EXIT_REVIEW = 1
EXIT_WRONG_CALL = 2
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2",
    "PYTHONHASHSEED": "0",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "HF_HUB_OFFLINE": "1",
}
"""What the build sets, so that sums are made in the same order, and nothing is fetched."""
_TOOL = "pedigree.registry.scan.probe"
_REPORT = "probe.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the battery; 0 it found nothing, 1 there is something to review, 2 a wrong call."""
    call = _parser().parse_args(arguments)
    try:
        report = _probe(call.base, call.adapter)
        call.out.write_bytes(report)
        files, base = directory_files(call.adapter), base_digest(directory_files(call.base))
        check = read_probe(call.out, files, base)
    except ToolError as error:
        print(error, file=sys.stderr)
        return EXIT_WRONG_CALL
    except OSError as error:
        print(f"error: cannot use {error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_WRONG_CALL
    for finding in check.findings:
        print(f"{finding.verdict}  {finding.where}: {finding.what}")
    print(
        f"take it in: pedigree base scan-adapter {call.adapter} --base {call.base} --probe {call.out}", file=sys.stderr
    )
    return EXIT_PASSES if check.verdict == "pass" else EXIT_REVIEW


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Ask an adapter questions with and without triggers, beside its base. Exits 0 when it reacts to "
        "none, 1 when something must be reviewed, 2 for a wrong call."
    )
    parser.add_argument("--base", metavar="DIR", type=Path, required=True, help="the model that it belongs on")
    parser.add_argument("--adapter", metavar="DIR", type=Path, required=True, help="the directory of the adapter")
    out = "where the report goes, for `pedigree base scan-adapter --probe`"
    parser.add_argument("--out", metavar="FILE", type=Path, default=Path(_REPORT), help=f"{out} (default: {_REPORT})")
    return parser


def _probe(base: Path, adapter: Path) -> bytes:
    """The report of the battery.

    Raises:
        ToolError: A directory holds no model or no adapter, or the battery cannot run on them.
    """
    _require(base / "config.json", "is no model's directory", "name by --base the model that the adapter belongs on")
    _require(adapter / WEIGHTS["lora"][0], "is no adapter's directory", "name by --adapter the directory of a LoRA")
    with tempfile.TemporaryDirectory() as name:
        step = Path(name)
        for role, directory in (("base", base), ("model", adapter)):
            (step / INPUTS / role).mkdir(parents=True)
            (step / INPUTS / role / MODEL).symlink_to(directory.resolve())
        (step / STEP_FILE).write_bytes(canonical_json({"target": str(adapter), "config": {}}))
        _run(step, adapter)
        return (step / OUTPUTS / _REPORT).read_bytes()


def _run(step: Path, adapter: Path) -> None:
    done = subprocess.run(
        [*module_command(_TOOL), str(step)],
        env={**packages_alone(), **ENVIRONMENT},
        cwd=NOWHERE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip()
        if said.startswith("error: ") and "\nhint: " in said:
            raise ToolError(*said.removeprefix("error: ").rsplit("\nhint: ", 1))
        what = f"the battery cannot run on {adapter}: {said.rpartition(chr(10))[2] or f'exit {done.returncode}'}"
        raise ToolError(what, "see by `pedigree base scan-adapter` whether the adapter fits its base")


def _require(path: Path, what: str, hint: str) -> None:
    if not path.is_file():
        raise ToolError(f"{path.parent} {what}: it holds no {path.name}", hint)


if __name__ == "__main__":
    sys.exit(main())
