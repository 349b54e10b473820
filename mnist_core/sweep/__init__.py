"""Many settings at once: the grid, models side by side, any executor, Dask."""
