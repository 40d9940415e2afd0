"""Work in the background: a worker that claims jobs, and one module for each kind of work."""
