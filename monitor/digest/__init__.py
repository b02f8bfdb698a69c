"""PURE: what a week was, from plain rows, and the sentences that say so; for each its edition."""
