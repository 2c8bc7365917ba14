"""The shape of a suite file: what may be written where, and the JSON Schema editors read."""
