"""Judges gates, comparisons and expectations from briefs, in the run itself or when its shards are merged."""
