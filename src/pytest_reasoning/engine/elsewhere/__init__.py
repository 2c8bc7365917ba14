"""Engines in processes of other machines: started through a launcher, or as actors of Ray."""
