"""The audit log: who did what, when and with which meaning, so that nobody can change it afterwards unnoticed."""
