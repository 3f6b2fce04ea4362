"""Who is meant, pure: normal forms, the register of names, the matcher."""
