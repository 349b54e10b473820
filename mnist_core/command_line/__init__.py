"""The commands of `digit-lab`."""
