"""What a person reads of results: console tables, figures, files of records."""
