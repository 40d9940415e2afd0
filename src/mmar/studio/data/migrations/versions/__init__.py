"""One module a migration, in the order of their names. What stands here is never changed again."""
