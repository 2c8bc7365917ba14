"""Models that stay loaded between runs: a host process keeps a child, and the next run finds it by a socket."""
