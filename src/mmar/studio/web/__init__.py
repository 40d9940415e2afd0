"""The pages and the REST API: both thin, both over `store`, so that neither can do what the other cannot."""
