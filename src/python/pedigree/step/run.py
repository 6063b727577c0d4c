"""How a tool is run: `python -m pedigree.<room>.<tool> [directory of the step]`."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from pedigree.step.canonical import MalformedJson
from pedigree.step.context import StepContext
from pedigree.step.errors import GateFailed, ToolError

EXIT_DONE = 0
EXIT_ERROR = 1
EXIT_GATE = 3
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def run_tool(main: Callable[[StepContext], None]) -> None:
    """Run a tool on the directory named by the command line (default: here) and exit as the contract says.

    Exits 0 when the step is done, 1 after one clear error on stderr, 3 when a gate failed.
    """
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    try:
        main(StepContext.load(root))
    except GateFailed as failure:
        print(failure, file=sys.stderr)
        sys.exit(EXIT_GATE)
    except ToolError as error:
        _tell(error)
    except OSError as error:
        if error.errno not in _DISK:
            raise
        _tell(ToolError(f"cannot write {error.filename or 'a file'}: {error.strerror}", "make room on the disk"))
    except MalformedJson as error:
        _tell(ToolError(str(error), "mend the document; every object may name a key once"))
    sys.exit(EXIT_DONE)


def _tell(error: ToolError) -> NoReturn:
    print(error, file=sys.stderr)
    sys.exit(EXIT_ERROR)
