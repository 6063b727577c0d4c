"""Tools on approved base models."""
