"""Checks the manifests under deploy/remote, and what a site makes of them."""
