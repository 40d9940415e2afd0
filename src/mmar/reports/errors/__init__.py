"""Error analysis of a run: the page on which people label wrong answers, and what is made of the labels."""
