"""The worker process that opens weights: `python -m mmar.models.weights`. The only code that imports torch."""
