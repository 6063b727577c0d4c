"""Runs the misra addon of cppcheck over many dumps in one process, each as if it were alone.

Run as a script, by path: `python misra_addon.py <directory of addons> <list of files> <where to write>`. It imports
nothing of this project.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

_PREFIX = "c2012-"


def check_dump(misra: Any, cppcheckdata: Any, dump: str) -> list[tuple[int, str]]:
    """Findings (line, rule) of one dump: those of the file itself, then those of the pass over the whole program."""
    found: list[tuple[int, str]] = []
    summaries: list[str] = []

    def report(location: Any, severity: str, message: str, addon: str, error: str, *_: Any, **__: Any) -> None:
        if error.startswith(_PREFIX):
            found.append((int(location.linenr), error[len(_PREFIX) :]))

    def summarise(dumpfile: str, summary_type: str, data: Any) -> None:
        summaries.append(json.dumps({"summary": summary_type, "data": data}) + "\n")

    cppcheckdata.reportError = report
    cppcheckdata.reportSummary = summarise
    checker = misra.MisraChecker(misra.MisraSettings(misra.get_args_parser().parse_args(["--cli", "--quiet", dump])))
    checker.path_premium_addon = None
    checker.parseDump(dump, None)
    program = Path(dump).with_suffix(".ctu-info")
    program.write_text("".join(summaries), encoding="utf-8")
    checker.analyse_ctu_info([str(program)])
    return sorted(set(found))


def main(addons: str, listing: str, result: str) -> None:
    """Check the dumps of the files that `listing` names and write file -> findings to `result`."""
    sys.path.insert(0, addons)
    sys.argv = ["misra.py", "--cli"]
    misra = importlib.import_module("misra")
    cppcheckdata = importlib.import_module("cppcheckdata")
    names = Path(listing).read_text(encoding="utf-8").split()
    found = {name: check_dump(misra, cppcheckdata, f"{name}.dump") for name in names}
    Path(result).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
