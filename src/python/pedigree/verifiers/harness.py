"""The C code around the programs under test: they are linked without a C library and can only compute and end.

`_start` asks the kernel for seccomp's strict mode, in which a process may do nothing but read, write and exit; then it
runs the test that its first argument names, and exits with 0 if that returned 0, and 1 otherwise.
"""

from __future__ import annotations

READY = 77
"""Exit status of a program that is asked for test -1: it was loaded and does nothing."""

_ENTRY = {
    "x86_64": 'asm(".globl _start\\n_start:\\nmov %rsp, %rdi\\nand $-16, %rsp\\ncall pedigree_enter\\n");',
    "aarch64": 'asm(".globl _start\\n_start:\\nmov x0, sp\\nbl pedigree_enter\\n");',
}
_CALLS = {
    "x86_64": """
static long call(long number, long a, long b)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(0L) : "rcx", "r11", "memory");
    return result;
}
enum { EXIT = 60, PRCTL = 157 };
""",
    "aarch64": """
static long call(long number, long a, long b)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = 0L;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
enum { EXIT = 93, PRCTL = 167 };
""",
}
_BODY = """
typedef unsigned long size;
void *memcpy(void *to, const void *from, size n)
{
    for (size i = 0; i < n; i++) { ((char *)to)[i] = ((const char *)from)[i]; }
    return to;
}
void *memmove(void *to, const void *from, size n)
{
    char *t = to;
    const char *f = from;
    if (t < f) { return memcpy(to, from, n); }
    while (n-- > 0) { t[n] = f[n]; }
    return to;
}
void *memset(void *to, int value, size n)
{
    for (size i = 0; i < n; i++) { ((char *)to)[i] = (char)value; }
    return to;
}
int memcmp(const void *one, const void *other, size n)
{
    const unsigned char *a = one;
    const unsigned char *b = other;
    for (size i = 0; i < n; i++) { if (a[i] != b[i]) { return a[i] - b[i]; } }
    return 0;
}
enum { READY = %d, PR_SET_SECCOMP = 22, SECCOMP_MODE_STRICT = 1 };
__attribute__((noreturn)) static void leave(long status)
{
    call(EXIT, status, 0);
    for (;;) { }
}
__attribute__((noreturn)) void pedigree_enter(const long *stack)
{
    const char *digits = (const char *)stack[2];
    long number = 0;
    if (digits[0] == '-') { leave(READY); }
    for (; *digits != 0; digits++) { number = number * 10 + (*digits - '0'); }
    call(PRCTL, PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    leave(tests[number]() == 0 ? 0 : 1);
}
"""


def harness_source(machine: str, tests: list[str]) -> str:
    """The program that runs one of `tests`, functions `int (void)` of another object file."""
    declarations = "".join(f"extern int {test}(void);\n" for test in tests)
    table = f"static int (*const tests[])(void) = {{ {', '.join(tests)} }};\n"
    return _ENTRY[machine] + _CALLS[machine] + declarations + table + _BODY % READY
