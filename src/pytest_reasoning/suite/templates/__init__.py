"""Templates in suite files: rendered in a metered sandbox."""
