"""Runs and benchmarks in the formats of other programs and registries, one module for each format."""
