"""The nodes that pytest collects: suite files, cases, gates and comparisons."""
