"""Settings by which a loader imports, downloads or runs something: by their key, or by what they are set to.

Each was read in the loader that does so; docs/threats.md has the sources. Harmless settings of this kind are not told
from others, but for the few classes that published models name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

# Whatever they are set to, unless it is null or false.
_KEYS = {
    "__class__": "a class that skops and the like import",
    "__module__": "a Python module that skops and the like import",
    "__reduce__": "a Python callable that is called when it is read",
    "_attn_implementation_internal": "a hub kernel to download and run",
    "_component_": "a Python callable that torchtune calls",
    "_experts_implementation_internal": "a hub kernel to download and run",
    "_target_": "a Python callable that Hydra calls",
    "auto_map": "code to run when the model is loaded",
    "auto_mapping": "a Python module that PEFT imports",
    "class_path": "a Python class that Lightning imports",
    "custom_generate": "code to run when text is generated",
    "custom_pipelines": "code to run as a pipeline",
    "function_type": "code that Keras runs as a layer",
    "kernel_config": "hub kernels to download and run",
    "megatron_config": "a Python module that PEFT imports",
    "model_file": "a file with the code of the model",
    "trust_remote_code": "leave to run code that comes with a model",
    "use_kernels": "leave to download and run hub kernels",
}
_QUOTED = re.compile(rf"""(['"])(?P<key>{"|".join(_KEYS)})\1\s*:""")
_PICKLED = re.compile(r"py/(object|reduce|type|function|module|newargs\w*|initargs|state|repr|iterator|class)")
# Set to a dotted path, it is imported: `target` by latent-diffusion and its heirs, `type` by sentence-transformers,
# AllenNLP and Haystack, activations by the layers and cross-encoders of sentence-transformers.
_IMPORTED = re.compile(
    r"target|type|cls|class|callable|factory|fn|function|import_path|object|(\w+_)?activation_(fn|function)"
)
_CLASSES = re.compile(r"\w*_class|\w*_class_name|architectures|\w*(processor|extractor)_type")
_DOTTED = re.compile(r"[A-Za-z_]\w*([.:][A-Za-z_]\w*)+")
_CLASS_PATH = re.compile(r"[a-z_]\w*(\.[a-z_]\w*)*\.[A-Z]\w*")
# Modules of Python that run something: no model has a reason to name what is in them, wherever it may be read.
_RUNS = re.compile(
    r"(__main__|builtins|cloudpickle|ctypes|dill|importlib|marshal|nt|os|pickle|posix|pty|runpy|shutil|socket|"
    r"subprocess|sys|timeit|webbrowser)(\.[A-Za-z_]\w*)+"
)
_OF_A_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+--[\w.]+")  # transformers: a class in the code of a repository
# MONAI evaluates what follows the dollar, and the imports of its bundles are written so.
_EVALUATED = re.compile(r"\$\s*[A-Za-z_@(\[{'\"]")
# What published models name: torch's activations, and the layers of sentence-transformers.
_KNOWN = (
    re.compile(r"torch\.nn(\.modules\.(activation|linear))?\.[A-Z][A-Za-z0-9]*"),
    re.compile(
        r"sentence_transformers(\.(base|sentence_transformer|sparse_encoder|cross_encoder))?\.(models|modules)"
        r"(\.[A-Z][A-Za-z0-9]*){1,2}"
    ),
    re.compile(r"sentence_transformers\.models\.tokenizer(\.[A-Z][A-Za-z0-9]*){1,2}"),
)


def code_faults(keys: Sequence[str], direct: bool, value: Any, word: bool) -> Iterator[str]:
    """What is wrong with one setting, in words.

    Args:
        keys: The keys above it, the nearest one last.
        direct: The nearest key is set to it, and not to a list that holds it.
        value: What it is set to.
        word: It is what the model reads or writes, which may look like anything.
    """
    key = keys[-1] if keys else ""
    if direct and value not in (None, False) and (key in _KEYS or _PICKLED.fullmatch(key)):
        yield f"has '{key}', which names {_KEYS.get(key, 'a Python object that jsonpickle makes')}"
    elif direct and isinstance(value, list) and _CLASSES.fullmatch(key) and key != "architectures":
        yield f"has '{key}' with a list, which names a module and a class in it"
    elif isinstance(value, str):
        if _DOTTED.fullmatch(value) and not _known(value) and (_IMPORTED.fullmatch(key) or _CLASSES.fullmatch(key)):
            yield f"has '{key}' with '{value}', which loaders import"
        elif not word:
            yield from _text_faults(value)


def names_python(value: str) -> bool:
    """Whether a text is the path of a Python class, of a library that nobody here knows.

    >>> names_python("acme.models.Head"), names_python("torch.nn.Tanh"), names_python("model.safetensors")
    (True, False, False)
    """
    return bool(_CLASS_PATH.fullmatch(value)) and not _known(value)


def mentions_code(text: str) -> str:
    """The first key that names code and stands in quotes in a text that is no JSON; empty when none does."""
    found = _QUOTED.search(text)
    return found["key"] if found else ""


def _text_faults(value: str) -> Iterator[str]:
    if _EVALUATED.match(value):
        yield f"'{value}' is what MONAI evaluates as Python"
    elif _RUNS.fullmatch(value):
        yield f"'{value}' is something of Python's that runs things"
    elif _OF_A_REPOSITORY.fullmatch(value):
        yield f"'{value}' is a class in the code of a repository"


def _known(value: str) -> bool:
    return any(pattern.fullmatch(value) for pattern in _KNOWN)
