"""The subcommands of `pytest-reasoning`, one a file."""
