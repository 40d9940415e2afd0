"""The worker process that opens weights: `python -m mmar.models.local.weights`. The only code that imports torch."""
