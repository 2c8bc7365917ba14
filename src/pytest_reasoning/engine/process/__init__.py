"""The child process that holds a model, and the conversation with it."""
