"""Exports of a verified release in the formats of others: bills of materials, the trace table, the map of clauses."""
