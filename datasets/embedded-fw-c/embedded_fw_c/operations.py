"""What completions compute: register, bit-field, ring-buffer, checksum and fixed-point operations on 32-bit words.

Each operation has its C expression and, apart from it, a Python function that says what it must compute: the unit
test of a completion is made from the second, so that the first is checked and not believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MASK32 = 0xFFFFFFFF


@dataclass(frozen=True)
class Operation:
    """One operation on a word `x` with up to two further operands.

    Attributes:
        name: Unique.
        operands: Kinds of the further operands: `bit` 0..31, `mask` any word, `value` any word, `size` 1..64,
            `small` 0..255.
        expression: C with `{x}`, `{0}`, `{1}`.
        meaning: What it computes, on unsigned 32-bit words.
        wordings: What the comment above the function says, with the same fields.
    """

    name: str
    operands: tuple[str, ...]
    expression: str
    meaning: Callable[..., int]
    wordings: tuple[str, ...]


OPERATIONS: tuple[Operation, ...] = (
    Operation("set_bit", ("bit",), "{x} | (1u << {0})", lambda x, n: x | (1 << n),
              ("Set bit {0} of {x}.", "{x} with bit {0} set.", "Raise bit number {0} in {x}.")),
    Operation("clear_bit", ("bit",), "{x} & ~(1u << {0})", lambda x, n: x & ~(1 << n),
              ("Clear bit {0} of {x}.", "{x} with bit {0} cleared.", "Lower bit number {0} in {x}.")),
    Operation("toggle_bit", ("bit",), "{x} ^ (1u << {0})", lambda x, n: x ^ (1 << n),
              ("Toggle bit {0} of {x}.", "{x} with bit {0} inverted.", "Flip bit number {0} in {x}.")),
    Operation("test_bit", ("bit",), "({x} >> {0}) & 1u", lambda x, n: (x >> n) & 1,
              ("Bit {0} of {x}, as 0 or 1.", "Read bit number {0} from {x}.", "1 when bit {0} of {x} is set, else 0.")),
    Operation("set_mask", ("mask",), "{x} | {0}", lambda x, m: x | m,
              ("Set the bits {0} in {x}.", "{x} with all bits of {0} set.")),
    Operation("clear_mask", ("mask",), "{x} & ~{0}", lambda x, m: x & ~m,
              ("Clear the bits {0} in {x}.", "{x} with all bits of {0} cleared.")),
    Operation("toggle_mask", ("mask",), "{x} ^ {0}", lambda x, m: x ^ m,
              ("Toggle the bits {0} in {x}.", "{x} with all bits of {0} inverted.")),
    Operation("keep_mask", ("mask",), "{x} & {0}", lambda x, m: x & m,
              ("Keep only the bits {0} of {x}.", "{x} restricted to the bits of {0}.")),
    Operation("extract_field", ("bit", "mask"), "({x} >> {0}) & {1}", lambda x, n, m: (x >> n) & m,
              ("Field of {x} at {0}, of width mask {1}.", "Extract the field at bit {0} from {x}, mask {1}.")),
    Operation("place_field", ("mask", "bit"), "({x} & {0}) << {1}", lambda x, m, n: (x & m) << n,
              ("Place the bits {0} of {x} at bit {1}.", "Move {x}, masked by {0}, up to bit {1}.")),
    Operation("insert_value", ("value", "bit"), "{x} | ({0} << {1})", lambda x, v, n: x | (v << n),
              ("Insert {0} into {x} at bit {1}.", "{x} with {0} put in at bit {1}.")),
    Operation("low_byte", (), "{x} & 0xFFu", lambda x: x & 0xFF,
              ("Low byte of {x}.", "The lowest 8 bits of {x}.")),
    Operation("high_byte", (), "{x} >> 24u", lambda x: x >> 24,
              ("High byte of {x}.", "The highest 8 bits of {x}.")),
    Operation("low_half", (), "{x} & 0xFFFFu", lambda x: x & 0xFFFF,
              ("Low half of {x}.", "The lowest 16 bits of {x}.")),
    Operation("high_half", (), "{x} >> 16u", lambda x: x >> 16,
              ("High half of {x}.", "The highest 16 bits of {x}.")),
    Operation("invert", (), "~{x}", lambda x: ~x,
              ("All bits of {x} inverted.", "One's complement of {x}.")),
    Operation("negate", (), "(~{x}) + 1u", lambda x: -x,
              ("Two's complement of {x}.", "Checksum byte: the two's complement of {x}.")),
    Operation("ring_next", ("size",), "({x} + 1u) % {0}", lambda x, n: ((x + 1) & MASK32) % n,
              ("Next index after {x} in a ring of {0}.", "Advance {x} by one in a ring buffer of {0} slots.")),
    Operation("ring_previous", ("size",), "(({x} + {0}) - 1u) % {0}", lambda x, n: ((x + n - 1) & MASK32) % n,
              ("Index before {x} in a ring of {0}.", "Step {x} back by one in a ring buffer of {0} slots.")),
    Operation("ring_used", ("value", "mask"), "({x} - {0}) & {1}", lambda x, t, m: (x - t) & m,
              ("Slots in use from {0} to {x}, ring mask {1}.", "Ring fill level: {x} minus {0}, mask {1}.")),
    Operation("ring_advance", ("small", "mask"), "({x} + {0}) & {1}", lambda x, k, m: (x + k) & m,
              ("Advance {x} by {0}, ring mask {1}.", "Ring index {x} plus {0}, mask {1}.")),
    Operation("crc_mix", ("small",), "{x} ^ {0}", lambda x, b: x ^ b,
              ("Mix the byte {0} into the CRC {x}.", "CRC {x} combined with the input byte {0}.")),
    Operation("crc_shift_right", ("value",), "({x} >> 1u) ^ {0}", lambda x, p: (x >> 1) ^ p,
              ("CRC step of {x}, reflected, polynomial {0}.", "Shift the CRC {x} right and apply {0}.")),
    Operation("crc_shift_left", ("value",), "({x} << 1u) ^ {0}", lambda x, p: (x << 1) ^ p,
              ("CRC step of {x}, most significant bit first, polynomial {0}.",
               "Shift the CRC {x} left and apply {0}.")),
    Operation("sum_byte", ("small",), "({x} + {0}) & 0xFFu", lambda x, b: (x + b) & 0xFF,
              ("Checksum {x} plus {0}, in 8 bits.", "Add {0} to the 8-bit checksum {x}.")),
    Operation("fold_carry", (), "({x} & 0xFFFFu) + ({x} >> 16u)", lambda x: (x & 0xFFFF) + (x >> 16),
              ("Fold the carry of the 16-bit sum {x}.", "Add the upper half of {x} to its lower half.")),
    Operation("to_q8", (), "{x} << 8u", lambda x: x << 8,
              ("Convert {x} to Q8 fixed point.", "{x} as a fixed-point number with 8 fraction bits.")),
    Operation("from_q8", (), "{x} >> 8u", lambda x: x >> 8,
              ("Integer part of the Q8 number {x}.", "Truncate {x}, which has 8 fraction bits.")),
    Operation("round_q8", (), "({x} + 128u) >> 8u", lambda x: ((x + 128) & MASK32) >> 8,
              ("Round the Q8 number {x} to an integer.", "Nearest integer of {x}, which has 8 fraction bits.")),
    Operation("multiply_q8", ("small",), "({x} * {0}) >> 8u", lambda x, k: ((x * k) & MASK32) >> 8,
              ("Q8 product of {x} and {0}.", "Multiply {x} by {0}, both with 8 fraction bits.")),
    Operation("saturate", ("value",), "({x} > {0}) ? {0} : {x}", lambda x, m: min(x, m),
              ("Limit {x} to at most {0}.", "{x}, saturated at {0}.")),
    Operation("floor_limit", ("value",), "({x} < {0}) ? {0} : {x}", lambda x, m: max(x, m),
              ("Limit {x} to at least {0}.", "{x}, but never below {0}.")),
    Operation("distance", ("value",), "({x} > {0}) ? ({x} - {0}) : ({0} - {x})", lambda x, v: abs(x - v),
              ("Absolute difference of {x} and {0}.", "Distance between {x} and {0}.")),
)  # fmt: skip
