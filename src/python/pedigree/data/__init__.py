"""Tools on datasets."""
