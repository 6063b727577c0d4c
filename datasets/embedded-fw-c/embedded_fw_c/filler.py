"""Statements without a violation, put around the one that matters.

They use every construct that some rule is about (loops, chains of else-if, switches, calls) in its compliant form, so
that a construct alone does not give the label away.
"""

from __future__ import annotations

import random

from embedded_fw_c.names import Names

_COMMENTS = (
    "keep the last value", "wait for the next tick", "see the data sheet", "called from the main loop",
    "restart the watchdog",
    "range is checked above", "hardware clears this bit", "default after reset", "one step per call",
    "order matters here",
)  # fmt: skip


class Filler:
    """Draws compliant statements, and collects the declarations that they need."""

    def __init__(self, rng: random.Random, names: Names) -> None:
        self._rng = rng
        self._names = names
        self._registers: list[str] = []
        self.declarations: list[str] = []

    def lines(self, indent: str) -> list[str]:
        """None, one or two statements, each line indented."""
        count = self._rng.choices((0, 1, 2), (58, 32, 10))[0]
        return [indent + line for _ in range(count) for line in self._statement()]

    def _statement(self) -> list[str]:
        rng = self._rng
        kinds = (
            (self._store, 30), (self._update, 16), (self._branch, 12), (self._branch_else, 8), (self._chain, 6),
            (self._loop, 8), (self._switch, 4), (self._call, 10), (self._discarded_call, 4), (self._comment, 6),
        )  # fmt: skip
        make = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        return make()

    def register(self) -> str:
        """The name of a register, declared."""
        if len(self._registers) < 2 and (not self._registers or self._rng.random() < 0.4):
            name = self._names.draw("r")
            self._registers.append(name)
            self.declarations.append(f"extern volatile uint32_t {name};")
        return self._rng.choice(self._registers)

    def _number(self) -> str:
        return f"{self._rng.choice((0, 1, 2, 3, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 255))}u"

    def store(self) -> str:
        """A store into a register."""
        return f"{self.register()} = {self._number()};"

    def _store(self) -> list[str]:
        return [self.store()]

    def _update(self) -> list[str]:
        return [f"{self.register()} {self._rng.choice(('|=', '&=', '+=', '-=', '^='))} {self._number()};"]

    def condition(self) -> str:
        """A Boolean expression."""
        return f"{self.register()} {self._rng.choice(('>', '<', '==', '!='))} {self._number()}"

    def _block(self) -> list[str]:
        return ["{", f"    {self.store()}", "}"]

    def _branch(self) -> list[str]:
        return [f"if ({self.condition()})", *self._block()]

    def _branch_else(self) -> list[str]:
        return [*self._branch(), "else", *self._block()]

    def _chain(self) -> list[str]:
        return [*self._branch(), f"else if ({self.condition()})", *self._block(), "else", *self._block()]

    def _loop(self) -> list[str]:
        index = self._names.draw("i")
        head = f"for (uint32_t {index} = 0u; {index} < {self._rng.randint(2, 16)}u; {index}++)"
        return [head, "{", f"    {self.register()} = {index};", "}"]

    def _switch(self) -> list[str]:
        def arm(label: str) -> list[str]:
            return [f"    {label}:", f"        {self.store()}", "        break;"]

        first = self._rng.randint(0, 4)
        return [
            f"switch ({self.register()})",
            "{",
            *arm(f"case {first}u"),
            *arm(f"case {first + 1}u"),
            *arm("default"),
            "}",
        ]

    def _call(self) -> list[str]:
        function = self._names.draw("fn")
        self.declarations.append(f"void {function}(uint32_t {self._names.draw('c')});")
        return [f"{function}({self._number()});"]

    def _discarded_call(self) -> list[str]:
        function = self._names.draw("fn")
        self.declarations.append(f"uint32_t {function}(uint32_t {self._names.draw('c')});")
        return [f"(void){function}({self._number()});"]

    def _comment(self) -> list[str]:
        return [f"/* {self._rng.choice(_COMMENTS)} */"]
