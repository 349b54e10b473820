"""What a server does before anybody comes: it makes room for connections, and removes leftovers."""

import sys
from contextlib import suppress

ENOUGH, MOST_OF_MACOS = 65_536, 10_240  # macOS refuses more, although it says there is no limit


def raise_descriptor_limit() -> None:
    """Take as many file descriptors as are allowed, up to 65,536; Windows has no such limit.

    macOS begins programs with 256: nine of thirty browsers that came at once could train.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OF_MACOS if sys.platform == "darwin" else ENOUGH
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def remove_leftovers() -> None:
    """Remove the temporary folders of servers that were killed: 181 MB for each in the middle of a map."""
    from mnist_core.processes.temporary import remove_abandoned  # here, because it imports torch

    remove_abandoned()
