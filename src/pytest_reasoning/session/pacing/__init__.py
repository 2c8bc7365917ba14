"""Early stopping and time budgets: which cases need not run, and which run first."""
