"""What is said: the facts, the derived records, their vocabularies, one codec, one file per topic."""
