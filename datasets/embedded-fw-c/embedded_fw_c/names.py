"""Identifiers as firmware has them, drawn at random and never twice in one snippet."""

from __future__ import annotations

import random

_UNITS = (
    "adc uart spi i2c can timer pwm dma gpio rtc wdt flash crc usb motor pump valve heater sensor battery charger "
    "display keypad alarm encoder brake lamp fan relay modem radio probe cuff infusion dose flow pressure"
).split()
_THINGS = (
    "level state limit value count index length mode status flags event error result sample input output channel "
    "offset period rate width ticks speed current voltage target command request reply token slot stage phase"
).split()
_VERBS = (
    "read write update check set get start stop reset apply handle process poll store load send clear select scan "
    "convert adjust refresh commit report verify enable disable prepare"
).split()
_LOCALS = (
    "acc sum tmp total last next prev best low high span gap step mark base delta ratio gain bias peak edge word raw "
    "out val res key code pos lead tail head room used left need have seen"
).split()
_INDICES = "i j k idx pos ch row slot".split()
_COUNTS = "n len size num cnt total_len frames items".split()
_POINTERS = "ptr src dst data cursor node entry item block reg_ptr dev ctx".split()
_ARRAYS = "buf buffer frame samples queue bytes words packet table_buf line scratch".split()
_SUFFIXES = ("", "", "", "", "", "_a", "_b", "0", "1", "2")
_RESERVED = frozenset("main read write send select index signal abs div exit time y0 y1 j0 j1 jn yn".split())


class Names:
    """Draws identifiers; each is given out once.

    Placeholders of templates say by their first letter what they stand for: `a` to `e` values, `i` an index, `n` a
    count, `p` and `q` pointers, `buf` an array, `tab` a table, `fn` a function, `tag` a type's tag, `ty` a typedef,
    `g` and `h` registers, `v` a variable, `lbl` a label, `K` a macro.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set(_RESERVED)

    def draw(self, placeholder: str) -> str:
        """A fresh identifier for a placeholder."""
        for _ in range(1000):
            name = self._candidate(placeholder)
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise RuntimeError(f"no identifier is left for ${placeholder}")

    def _candidate(self, placeholder: str) -> str:
        pick = self._rng.choice
        unit, thing, verb, suffix = pick(_UNITS), pick(_THINGS), pick(_VERBS), pick(_SUFFIXES)
        if placeholder.startswith("fn"):
            return pick((f"{unit}_{verb}", f"{unit}_{verb}_{thing}", f"{verb}_{unit}_{thing}", f"{verb}_{thing}"))
        if placeholder in ("g", "h", "r"):
            return pick(
                (f"{unit.upper()}_{thing.upper()}", f"{unit}_reg{suffix}", f"g_{unit}_{thing}", f"{unit}_{thing}")
            )
        if placeholder == "v":
            return pick((f"{unit}_{thing}", f"g_{unit}_{thing}", f"{thing}_flag", f"{unit}_ready", f"{verb}_pending"))
        if placeholder == "K":
            return pick(
                (
                    f"{unit.upper()}_{verb.upper()}",
                    f"{verb.upper()}_{thing.upper()}",
                    f"{unit.upper()}_{thing.upper()}_M",
                )
            )
        if placeholder == "ty":
            return pick((f"{unit}_{thing}_t", f"{unit}_t", f"{thing}_t", f"{unit}_{thing}_type"))
        if placeholder == "tag":
            return pick((f"{unit}_{thing}_s", f"{unit}_dev", f"{unit}_config", f"{thing}_block", f"{unit}_regs"))
        if placeholder == "lbl":
            return pick(("done", "out", "fail", "cleanup", f"{verb}_done", f"{unit}_exit", "leave", "error_exit"))
        if placeholder == "i":
            return pick(_INDICES) + pick(("", "", suffix))
        if placeholder == "n":
            return pick(_COUNTS) + pick(("", "", suffix))
        if placeholder in ("p", "q"):
            return pick((pick(_POINTERS) + suffix, f"{unit}_ptr", f"p_{thing}"))
        if placeholder in ("buf", "tab"):
            return pick((pick(_ARRAYS) + suffix, f"{unit}_{pick(_ARRAYS)}", f"{thing}_table"))
        return pick((pick(_LOCALS) + suffix, thing + suffix, f"{unit}_{thing}"))
