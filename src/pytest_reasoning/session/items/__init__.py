"""The pytest nodes: suite files, cases, gates and comparisons."""
