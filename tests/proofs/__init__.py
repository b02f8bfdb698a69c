"""The long proofs; their seeded short forms run with the tests."""
