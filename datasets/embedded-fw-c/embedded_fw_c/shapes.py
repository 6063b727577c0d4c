"""Where a completion stands: the function around the masked expression, and how its unit test drives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedded_fw_c.names import Names

MASK = "<|mask|>"


@dataclass(frozen=True)
class Shape:
    """A way to write the function.

    Fields of the texts: `{fn}`, `{x}` the word's name, `{t}` a type's tag, `{i}` an index, `{parameters}` the further
    operands as parameters with a leading comma, `{arguments}` their values likewise, `{value}` the word's value,
    `{more}` the operands without the leading comma (`void` when there are none), `{given}` their values likewise.

    Attributes:
        name: Unique.
        word: What the expression calls the word.
        code: The function; `{mask}` is the masked expression.
        call: C statements of the test; they leave the result in `result`.
    """

    name: str
    word: str
    code: str
    call: str


SHAPES: tuple[Shape, ...] = (
    Shape(
        "returned", "{x}",
        "uint32_t {fn}(uint32_t {x}{parameters})\n{{\n    return {mask};\n}}",
        "result = {fn}({value}{arguments});",
    ),
    Shape(
        "local", "{x}",
        "uint32_t {fn}(uint32_t {x}{parameters})\n{{\n    uint32_t {r};\n    {r} = {mask};\n    return {r};\n}}",
        "result = {fn}({value}{arguments});",
    ),
    Shape(
        "initialised", "{x}",
        "uint32_t {fn}(uint32_t {x}{parameters})\n{{\n    const uint32_t {r} = {mask};\n    return {r};\n}}",
        "result = {fn}({value}{arguments});",
    ),
    Shape(
        "register", "{x}",
        "extern volatile uint32_t {x};\nvoid {fn}({more})\n{{\n    {x} = {mask};\n}}",
        "{x} = {value}; {fn}({given}); result = {x};",
    ),
    Shape(
        "target", "*{x}",
        "void {fn}(uint32_t *{x}{parameters})\n{{\n    *{x} = {mask};\n}}",
        "word = {value}; {fn}(&word{arguments}); result = word;",
    ),
    Shape(
        "member", "{x}->{r}",
        "struct {t}\n{{\n    uint32_t {r};\n    uint32_t {i};\n}};\n"
        "void {fn}(struct {t} *{x}{parameters})\n{{\n    {x}->{r} = {mask};\n}}",
        "object.{r} = {value}; {fn}(&object{arguments}); result = object.{r};",
    ),
    Shape(
        "element", "{x}[{i}]",
        "void {fn}(uint32_t *{x}, uint32_t {i}{parameters})\n{{\n    {x}[{i}] = {mask};\n}}",
        "array[2] = {value}; {fn}(array, 2u{arguments}); result = array[2];",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Function:
    """A function with its expression masked.

    Attributes:
        code: What is shown, with `MASK` for the expression.
        fields: Values of the shape's fields, for the test.
        word: The word as the expression calls it.
        operands: Names of the further operands.
    """

    code: str
    fields: dict[str, str]
    word: str
    operands: tuple[str, ...]


def write_function(shape: Shape, operand_kinds: Sequence[str], names: Names) -> Function:
    """Write a shape with fresh names."""
    pointer = shape.name in ("target", "member", "element")
    fields = {
        "fn": names.draw("fn"),
        "x": names.draw(
            "buf" if shape.name == "element" else "p" if pointer else "g" if shape.name == "register" else "a"
        ),
        "r": names.draw("b"),
        "i": names.draw("i"),
        "t": names.draw("tag"),
    }
    operands = tuple(names.draw("c") for _ in operand_kinds)
    declared = [f"uint32_t {name}" for name in operands]
    fields["parameters"] = "".join(f", {item}" for item in declared)
    fields["more"] = ", ".join(declared) or "void"
    code = shape.code.format(mask=MASK, **fields)
    return Function(code, fields, shape.word.format(**fields), operands)


def write_test(shape: Shape, function: Function, cases: Sequence[tuple[int, Sequence[int], int]]) -> str:
    """A C unit whose `main` returns 0 when the function computes what each case expects.

    Args:
        shape: The function's shape.
        function: The function.
        cases: Word, further operands, expected result.
    """
    lines = ["#include <stdint.h>", function.code.replace(MASK, "@@MASK@@")]
    if shape.name == "register":
        lines.append(f"volatile uint32_t {function.fields['x']};")
    storage = {"target": "    uint32_t word;", "member": f"    struct {function.fields['t']} object = {{ 0u, 0u }};",
               "element": "    uint32_t array[4] = { 0u, 0u, 0u, 0u };"}  # fmt: skip
    lines += ["int main(void)", "{", "    uint32_t result;"]
    if shape.name in storage:
        lines.append(storage[shape.name])
    for word, operands, expected in cases:
        given = [f"{operand}u" for operand in operands]
        values = {"value": f"{word}u", "arguments": "".join(f", {item}" for item in given), "given": ", ".join(given)}
        lines.append(f"    {shape.call.format(**function.fields, **values)}")
        lines.append(f"    if (result != {expected}u) {{ return 1; }}")
    return "\n".join([*lines, "    return 0;", "}", ""])
