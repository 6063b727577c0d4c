"""What a step computes on: processors, or the accelerator that its environment promises."""

from __future__ import annotations

import torch

from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError

_DEVICES = {"": "cpu", "nvidia": "cuda"}


def device_of(step: StepContext) -> torch.device:
    """The device of a step; never another one than its record will name.

    Raises:
        ToolError: torch does not see the accelerator.
    """
    device = torch.device(_DEVICES[step.accelerator])
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ToolError(
            f"'{step.target}' computes on an accelerator, and torch {torch.__version__} sees none",
            "give the environment the resolve of torch for CUDA: resolves={'ml': 'ml-cuda'}",
        )
    return device
