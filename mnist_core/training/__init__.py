"""Gradient steps, the generator that reports on them, and the thread of a run."""
