"""What makes a release evidence: keys, statements, envelopes, links, layouts, lineage, sealing and verification.

Imports no tool, and no tool imports it: a step cannot sign, nor say what its own inputs were.
"""
