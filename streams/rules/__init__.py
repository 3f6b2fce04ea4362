"""What it means, pure: matching in time and place, clauses, weighing, bands, the dossier and its assessment."""
