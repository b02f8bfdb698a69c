"""Benchmarks: ratios against a named yardstick, measured in turn in one run."""
