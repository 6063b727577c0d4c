"""The `pedigree` command for people without Pants: auditors and operators."""
