"""Tools that put together what is delivered."""
