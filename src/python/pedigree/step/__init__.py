"""The contract between the build backend and the tools.

Standard library alone, and valid under Python 3.9 (the backend) and 3.11 (the tools).
"""
