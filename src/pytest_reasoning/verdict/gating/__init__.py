"""Judging a pass rate against its thresholds: what a gate needs, when it may stop early, and its verdict."""
