"""Decides what a post is and whom it concerns; pure: no clock, no store, no network."""

from monitor.judge.triage import Judge

__all__ = ["Judge"]
