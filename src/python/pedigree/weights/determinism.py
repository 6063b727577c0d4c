"""Same inputs, same bytes: what a process must set before its first tensor."""

from __future__ import annotations

import os
import random

import numpy
import torch

from pedigree.step.errors import ToolError

_REQUIRED = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2",
    "PYTHONHASHSEED": "0",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}
_CAPABILITY = "AVX2"


def make_deterministic(seed: int, device: torch.device) -> None:
    """Seed every generator and let torch refuse operations that are not deterministic on the device.

    Raises:
        ToolError: The process was started without the environment that pins threads and instruction set, or the
            processor lacks that set; all of them change the order of floating-point sums, and so the bytes.
    """
    wrong = [f"{name}={value}" for name, value in _REQUIRED.items() if os.environ.get(name) != value]
    if wrong:
        raise ToolError(
            f"this process would not make the same bytes again: it lacks {' '.join(wrong)}",
            "start it through the build, or set these variables",
        )
    if device.type == "cpu" and torch.backends.cpu.get_cpu_capability() != _CAPABILITY:
        raise ToolError(
            f"this processor computes with {torch.backends.cpu.get_cpu_capability()}, and the bytes are those of AVX2",
            "run the step on an x86-64 processor with AVX2",
        )
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
