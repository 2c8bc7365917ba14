"""The subcommands of `pytest-reasoning`, one per module: `add_arguments` declares its arguments, `run` runs it."""
