"""Which cases need not run, and which run first: early stopping, time budgets, and what earlier runs have shown."""
