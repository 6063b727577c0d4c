"""Objects that Keras makes when it reads a configuration: it imports a module that one names, and calls what is in it.

`safe_mode` of Keras stops `__lambda__` alone, and was got around by classes and functions of Keras's own
(CVE-2024-3660, CVE-2025-1550, CVE-2025-8747, CVE-2025-9906, CVE-2025-49655, CVE-2026-1462). So a configuration may name
what belongs to a network and nothing besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_NAMED = ("config", "module", "registered_name")
# They run Python that stands in their configuration, or load a model in a format that runs.
_RUN = frozenset(
    "FlaxLayer JaxLayer Lambda OpLambda SlicingOpLambda TFOpLambda TFSMLayer TorchModuleWrapper function".split()
)
_VALUES = frozenset("__bytes__ __ellipsis__ __numpy__ __slice__ __tensor__".split())
_CLASS = re.compile(r"[A-Z][A-Za-z0-9_]*")
_PACKAGES = r"(tf_)?keras(_hub|_nlp|_cv|_tuner)?"
_PARTS = (
    "activations|backend|constraints|dtype_policies|engine|functional|initializers|layers|losses|metrics|mixed_precision|"
    "models|optimizers|random|random_generator|regularizers|samplers|seed_generator|sequential|tokenizers"
)
_MODULE = re.compile(rf"{_PACKAGES}(\.(src|api))?(\.({_PARTS})(\.[a-z_0-9]+)*)?")
_REGISTERED = re.compile(rf"({_PACKAGES}>)?[A-Z][A-Za-z0-9_]*")


def keras_faults(value: Any) -> Iterator[str]:
    """What is wrong with an object of Keras, in words; nothing when it is none.

    Args:
        value: Any value of a JSON document.
    """
    if not isinstance(value, dict) or "class_name" not in value or not any(key in value for key in _NAMED):
        return
    name, module, registered = value["class_name"], value.get("module"), value.get("registered_name")
    if not isinstance(name, str) or name in _RUN or not (name in _VALUES or _CLASS.fullmatch(name)):
        yield f"has Keras make {name!r}, which is no plain layer"
    if module is not None and not (isinstance(module, str) and _MODULE.fullmatch(module)):
        yield f"has Keras import {module!r}"
    if registered is not None and not (isinstance(registered, str) and _REGISTERED.fullmatch(registered)):
        yield f"has Keras make what others have registered as {registered!r}"
