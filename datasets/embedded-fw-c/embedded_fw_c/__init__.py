"""Firmware work in C: review against MISRA C:2012, and completion of one masked expression."""
