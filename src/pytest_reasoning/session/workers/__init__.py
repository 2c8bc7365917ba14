"""pytest-xdist: which worker runs which items, and what a worker tells its controller when it ends."""
