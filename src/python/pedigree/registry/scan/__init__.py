"""Looks at the files of a base model or an adapter, and says what a person must know before they approve it."""
