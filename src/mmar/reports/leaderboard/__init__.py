"""The leaderboard: a folder with one page, its data, and exports beside each row."""
