"""The Pants backend: target types, one rule per type that plans its steps, and one rule that runs every step.

Runs in Pants' own interpreter (3.9). Imports Pants, the standard library and `pedigree.step`; no tool. The modules
that import Pants are thin; what can be decided without Pants is decided in the others, which plain tests reach.
"""
