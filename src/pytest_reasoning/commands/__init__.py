"""The subcommands of `pytest-reasoning`, one per module: `add_arguments` says what it takes, `run` does it."""
