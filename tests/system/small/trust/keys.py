"""Says whose key signs: whatever PEDIGREE_SIGNER holds."""

import os

if __name__ == "__main__":
    print("key of", os.environ["PEDIGREE_SIGNER"])
