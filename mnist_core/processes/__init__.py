"""Calls that run in other processes, and the digits there."""
