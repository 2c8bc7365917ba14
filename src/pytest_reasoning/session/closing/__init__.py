"""The end of a session, one file per step: what a run certifies, measures, judges, saves, writes and says."""
