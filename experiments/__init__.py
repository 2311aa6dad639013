"""Proof meets run: claims, evidence, verdicts, storage, the report and the command line."""
