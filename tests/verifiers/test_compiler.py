from __future__ import annotations

from pedigree.verifiers.compiler import compile_unit, compile_units
from pedigree.verifiers.toolchain import Target

RING = """#include <stdbool.h>
#include <stdint.h>
#define SIZE 16U
typedef struct { uint8_t head; uint8_t tail; uint8_t data[SIZE]; } ring_t;
static bool push(ring_t *ring, uint8_t value)
{
    const uint8_t next = (uint8_t)((ring->head + 1U) % SIZE);
    const bool ok = next != ring->tail;
    if (ok) { ring->data[ring->head] = value; ring->head = next; }
    return ok;
}
uint32_t use(ring_t *ring) { return push(ring, 3U) ? 1U : 0U; }
"""
UNUSED = "#include <stdint.h>\nuint32_t f(uint32_t a) { uint32_t b; return a; }\n"
UNDECLARED = "int g(void) { return missing; }\n"


def test_a_sound_unit_compiles_for_host_and_cortex_m4() -> None:
    assert compile_unit(RING, Target.HOST).ok
    assert compile_unit(RING, Target.CORTEX_M4).ok


def test_a_warning_is_an_error_that_names_its_place_and_no_path() -> None:
    result = compile_unit(UNUSED)
    assert not result.ok
    assert result.messages == ("2:35: unused variable 'b' [-Werror,-Wunused-variable]",)


def test_many_units_that_define_the_same_names_get_the_verdicts_they_get_alone() -> None:
    sources = [RING, UNUSED, UNDECLARED, "static int f(int a) { return a; }\nint use(void) { return f(1); }\n", "}"]
    units = {f"{index}": sources[index % len(sources)] for index in range(50)}
    together = compile_units(units)
    assert list(together) == list(units)
    assert together == {key: compile_unit(source) for key, source in units.items()}


def test_a_unit_cannot_live_on_what_its_neighbour_includes_or_defines() -> None:
    units = {
        "a": "#include <stdint.h>\nuint32_t a;\n#define TWO 2\nint both = TWO;\n",
        "b": "uint32_t b;\n",
        "c": "int c = TWO;\n",
    }
    assert {key: result.ok for key, result in compile_units(units).items()} == {"a": True, "b": False, "c": False}


def test_a_unit_that_leaves_something_open_spoils_only_itself() -> None:
    good = "int good(void) { return 0; }\n"
    for spoiler in ("int f(void) {", "/* open", "#if 1\n", '#define int "\n', "#pragma GCC poison good\n#error stop\n"):
        results = compile_units({"a": good, "b": spoiler, "c": good, "d": good})
        assert [key for key, result in results.items() if not result.ok] == ["b"], spoiler


def test_a_file_of_this_machine_is_never_included() -> None:
    for include in ('#include "/etc/passwd"', "#include </etc/passwd>", "#include <../x.h>", '#embed "/etc/passwd"'):
        result = compile_unit(f"{include}\nint x;\n")
        assert not result.ok
        assert "root" not in " ".join(result.messages)
        assert "refused" in result.messages[0]


def test_cortex_m4_has_no_hosted_headers_and_the_host_has() -> None:
    source = "#include <string.h>\nint same(const char *a) { return strcmp(a, a); }\n"
    assert compile_unit(source, Target.HOST).ok
    assert not compile_unit(source, Target.CORTEX_M4).ok
