"""Pedigree: a hermetic toolchain for fine-tuned open-weight models."""
