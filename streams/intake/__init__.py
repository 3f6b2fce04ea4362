"""The producer API: keys, receipts, problem details, forms, and what turns bytes into facts."""
