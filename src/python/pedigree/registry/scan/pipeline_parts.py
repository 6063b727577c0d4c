"""The parts of a pipeline of diffusers: each is a library and a class in it, and the library is imported by its name.

`pipeline_loading_utils` takes a module of `diffusers.pipelines` of that name, a file of that name beside the index, or
else whatever Python finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_INDEXES = ("model_index.json", "modular_model_index.json")
_HINT = "type_hint"
_LIBRARIES = frozenset(("diffusers", "onnxruntime.training", "optimum.onnxruntime", "transformers"))
# Those modules of diffusers.pipelines that have parts of their own.
_PIPELINES = frozenset(
    "alt_diffusion audioldm2 blip_diffusion deepfloyd_if kandinsky latent_diffusion paint_by_example shap_e "
    "spectrogram_diffusion stable_audio stable_diffusion stable_diffusion_safe stable_diffusion_xl unclip unidiffuser "
    "versatile_diffusion wuerstchen".split()
)


def part_faults(file: str, keys: tuple[str, ...], value: Any) -> Iterator[str]:
    """What is wrong with a part of a pipeline, in words; nothing when it is none.

    Args:
        file: Path of the document.
        keys: The keys above the value, the nearest one last.
        value: Any value of the document.
    """
    named = file.rpartition("/")[2] in _INDEXES and len(keys) == 1 and not keys[0].startswith("_")
    if not isinstance(value, list) or len(value) < 2 or not (named or keys[-1:] == (_HINT,)):
        return
    library, name = value[:2]
    if library is not None and library not in _LIBRARIES | _PIPELINES:
        yield f"has diffusers import {library!r}"
    if name is not None and not (isinstance(name, str) and name.isidentifier()):
        yield f"has diffusers look up {name!r}, which is no class"
