"""Pages that open from disk: one HTML file with its script, its style and its data inside."""
