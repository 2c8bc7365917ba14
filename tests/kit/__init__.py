"""What tests of several rooms share: models to run, servers to ask, texts and records to start from."""
