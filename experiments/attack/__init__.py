"""Theorems under attack: the search for runs that a bound does not cover, and for weaker statements that would do."""
