"""What it means (rules, names) and how it moves (the rest)."""
