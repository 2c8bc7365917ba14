"""The summary that pytest's terminal shows."""
