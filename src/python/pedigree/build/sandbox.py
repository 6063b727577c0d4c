"""How a tool's process looks: command, environment, what its failure reads like. Imports nothing of Pants."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pedigree.build.errors import ROTTEN, ROTTEN_HINT, BuildError
from pedigree.step.context import MODEL_STORE
from pedigree.step.context import OUTPUTS as OUTPUTS
from pedigree.step.digests import sha256_bytes

PEX = "env.pex"
PEX_ROOT = ".cache/pex_root"
CACHES = {"pex_root": PEX_ROOT, "pedigree_models": MODEL_STORE}
"""Directories of a machine that outlive a process: name -> where a process finds it."""
SOURCE_ROOT = "src/python"
VERDICT = "gate-failed"
CHECKSUMS = "checksums.sha256"
WORKER = "worker.txt"
PATIENCE_MS = 60_000
"""How long a shared cache is waited for before a process is run; Pants would start it at once beside the question."""

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PEX_ROOT": PEX_ROOT,
    "PEX_IGNORE_RCFILES": "true",
    "PEX_EXTRA_SYS_PATH": SOURCE_ROOT,
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "0",
    "ATEN_CPU_CAPABILITY": "avx2",
    # MKL chooses its kernels by the processor; without this, sums differ between one with AVX-512 and one without.
    "MKL_CBWR": "AVX2",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HOME": ".cache/huggingface",
    "HF_DATASETS_CACHE": ".cache/huggingface/datasets",
    "TORCH_EXTENSIONS_DIR": ".cache/torch_extensions",
}

# Cuts the network, and hides the folder of signing keys under an empty one, where the kernel lets a user do so; the
# words are the same everywhere, so the key of the step is.
_UNSHARE = "unshare --user --map-root-user --net --mount"
_APART = (
    'k="$(getent passwd "$(id -u)" | cut -d: -f6)/.config/pedigree"; '
    f'n="{_UNSHARE}"; '
    """h='[ ! -d "$0" ] || mount -t tmpfs none "$0" || exit 1; exec "$@"'; """
    'if $n true 2>/dev/null; then set -- $n /bin/sh -c "$h" "$k" "$@"; fi; '
)
# Pants takes what lies in its store for what its name says; a rotten disk would train another model unseen.
# The digest of the list itself comes with the command, not from the store.
_CHECK = (
    f'bad="$({{ echo "$1  {CHECKSUMS}" | sha256sum --check --quiet --strict && '
    f'sha256sum --check --quiet --strict {CHECKSUMS}; }} 2>&1)" || '
    f'{{ printf "error: %s:\\n%s\\nhint: %s\\n" "{ROTTEN}" "$bad" "{ROTTEN_HINT}" >&2; exit 1; }}; shift; '
)
# A verdict is a result: exit code 3 becomes a file, so that it is cached while a crash is not.
_VERDICT = f"[ $code -ne 3 ] || {{ : > {VERDICT}; code=0; }}; "
_RUN = 'exec "$@"'
_JUDGE = f'"$@"; code=$?; {_VERDICT}exit $code'

# Another machine has its own interpreter and its own accelerator. What they are is found out before the tool starts,
# and written when it has ended, so that the tool has no say in it.
_INTERPRETER = (
    'p="$(command -v "$1")" || { echo "error: this worker has no $1" >&2; '
    'echo "hint: give the pool an image that has it (docs/remote.md)" >&2; exit 1; }; '
    'p="$(readlink -f "$p")"; shift; set -- "$p" "$@"; '
    'w="$(sha256sum < "$p" | cut -c -64) $("$p" --version)"; '
)
_NVIDIA = (
    'g="$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader)" && '
    r'c="$(nvidia-smi | sed -n "s/.*CUDA Version: *\([0-9.]*\).*/\1/p")" && [ -n "$g" ] && [ -n "$c" ] || '
    '{ echo "error: this worker has no NVIDIA GPU that nvidia-smi sees" >&2; '
    'echo "hint: schedule the pool on nodes with one, driver mounted (docs/remote.md)" >&2; exit 1; }; '
    r'w="$(printf "%s\n" "$w"; echo "$g" | sed "s/$/, $c/")"; '
)
_QUERIES = {"": "", "nvidia": _NVIDIA}
# Whatever a tool left under that name goes first: it may be a link, or a file that may not be written.
_TELL = f'rm -rf {WORKER} && echo "$w" > {WORKER} || {{ echo "error: cannot write {WORKER}" >&2; exit 1; }}; '

PROBE = ("/bin/sh", "-c", f"{_UNSHARE} true")
NOT_APART = (
    "Steps run without a sandbox of the kernel: they can reach the network and read ~/.config/pedigree, because this "
    "machine lets no user make a namespace.\n"
    "hint: set the sysctl user.max_user_namespaces above 0; in a container, allow `unshare` in its seccomp profile"
)

_TEMPORARY = re.compile(r"/\S*?/pants-sandbox-\w+/")
_LAST_LINES = 20


def command(python: str, module: str) -> tuple[str, ...]:
    """The argument vector that runs a tool on the directory it starts in."""
    return (python, f"./{PEX}", "-m", module, ".")


def checksums(files: Mapping[str, str]) -> bytes:
    """The list that a process' inputs are held against, as `sha256sum` writes it: path -> sha256."""
    return "".join(_checksum(path, digest) for path, digest in sorted(files.items())).encode()


def _checksum(path: str, digest: str) -> str:
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == path else chr(92)}{digest}  {escaped}\n"


def checked(argv: tuple[str, ...], checksums: bytes) -> tuple[str, ...]:
    """The argument vector of a process that may reach network and keys, but not run on what a disk has changed."""
    return ("/bin/sh", "-c", _CHECK + 'exec "$@"', "tool", sha256_bytes(checksums), *argv)


def wrapped(argv: tuple[str, ...], gate: bool, checksums: bytes) -> tuple[str, ...]:
    """The argument vector, inputs checked, without network and keys.

    Args:
        argv: The tool.
        gate: Whether exit code 3 leaves the file VERDICT and exits 0.
        checksums: What lies in the file CHECKSUMS.
    """
    script = _CHECK + _APART + (_JUDGE if gate else _RUN)
    return ("/bin/sh", "-c", script, "step", sha256_bytes(checksums), *argv)


def wrapped_on_worker(argv: tuple[str, ...], gate: bool, checksums: bytes, accelerator: str) -> tuple[str, ...]:
    """As `wrapped`, for another machine: finds the interpreter there, and leaves the file WORKER.

    Args:
        argv: The tool; its interpreter is a name, not a path.
        gate: As for `wrapped`.
        checksums: As for `wrapped`.
        accelerator: What the machine must have beside processors; empty for nothing.
    """
    run = f'"$@"; code=$?; {_VERDICT if gate else ""}{_TELL}exit $code'
    script = _CHECK + _INTERPRETER + _QUERIES[accelerator] + _APART + run
    return ("/bin/sh", "-c", script, "step", sha256_bytes(checksums), *argv)


def recorded_command(module: str, version: str) -> tuple[str, ...]:
    """The argument vector as the record shows it: without the interpreter's place on this machine.

    >>> recorded_command("pedigree.data.snapshot", "Python 3.11.2")[:2]
    ('python3.11', './env.pex')
    """
    return command(interpreter_name(version), module)


def interpreter_name(version: str) -> str:
    """How an interpreter is called on any machine.

    >>> interpreter_name("Python 3.11.2")
    'python3.11'
    """
    return "python" + ".".join(version.split()[-1].split(".")[:2])


def failure(subject: str, module: str, exit_code: int, talk: str) -> BuildError:
    """The error of a tool that failed: its own words where it had any, else its last lines."""
    lines = _TEMPORARY.sub("", talk).rstrip().splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    if starts and exit_code in (1, 2, 3):
        return _own_words(subject, lines[starts[-1] :])
    said = "\n".join(f"  {line}" for line in _own_frames(lines)[-_LAST_LINES:]) or "  (it wrote nothing to stderr)"
    return BuildError(
        f"{subject}: {module} ended with exit code {exit_code}\n{said}",
        "add --keep-sandboxes=on_failure to look at the directory it ran in, and run the tool there by hand",
    )


def _own_frames(lines: list[str]) -> list[str]:
    """The lines without the frames of a traceback that are not in first-party code."""
    kept, foreign = [], False
    for line in lines:
        if line.startswith('  File "'):
            foreign = not line.startswith((f'  File "{SOURCE_ROOT}/', '  File "inputs/'))
        elif not line.startswith("    "):
            foreign = False
        if not foreign:
            kept.append(line)
    return kept


def _own_words(subject: str, lines: list[str]) -> BuildError:
    hints = [number for number, line in enumerate(lines) if line.startswith("hint: ")]
    end = hints[-1] if hints else len(lines)
    what = "\n".join(lines[:end])[len("error: ") :]
    hint = "\n".join(lines[end:])[len("hint: ") :] or "mend the target"
    return BuildError(f"{subject}: {what}", hint)
