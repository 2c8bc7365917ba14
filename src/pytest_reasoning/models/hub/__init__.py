"""References to files of the Hugging Face hub: which files they mean, and how they are downloaded."""
