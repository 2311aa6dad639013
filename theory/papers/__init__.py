"""Theorems, one file per paper. Importing this package imports none of them."""
