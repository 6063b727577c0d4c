"""What may be the name of a file: one that means one plain file, on every system that will ever hold it."""

from __future__ import annotations

import re
import unicodedata

# What Windows opens as a device, whatever follows the dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|clock\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\\%]')
# Cc control, Cf format (bidi overrides, zero width), Cs half a surrogate pair, Co private, Cn unassigned, Zl, Zp.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LONGEST_PART, _LONGEST_PATH = 255, 1024  # bytes


def name_fault(name: str) -> str:
    """What is wrong with a path below a directory; empty when nothing is.

    Whoever takes in or hands on files asks here, so that a name that one of them refuses is refused by all.

    >>> name_fault("../model.safetensors")
    'leads out of the directory'
    """
    parts = name.split("/")
    if name.startswith("/") or ".." in parts:
        return "leads out of the directory"
    if any(part in ("", ".") for part in parts):
        return "is not written as plainly as it could be"
    if any(unicodedata.category(char) in _INVISIBLE for char in name):
        return "holds a character that nobody sees"
    if _FORBIDDEN.search(name):
        return "holds a character that some systems read as something else"
    if any(_DEVICES.match(part) for part in parts):
        return "is the name of a device on Windows"
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "starts or ends with a space, or ends with a dot, which some systems drop"
    if max(len(part.encode()) for part in parts) > _LONGEST_PART or len(name.encode()) > _LONGEST_PATH:
        return "is longer than some systems hold"
    return ""
