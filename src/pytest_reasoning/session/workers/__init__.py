"""Support for pytest-xdist: which worker runs which items, and what a worker reports when it ends."""
