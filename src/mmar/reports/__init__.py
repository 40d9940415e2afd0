"""Reports of results: console tables, figures, pages, leaderboards, and the formats of other programs."""
