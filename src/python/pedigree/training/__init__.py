"""Tools that make weights."""
