"""The child process that runs a model, and the messages exchanged with it."""
