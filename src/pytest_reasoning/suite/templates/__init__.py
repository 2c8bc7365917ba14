"""Renders the templates of suite files in a metered sandbox."""
