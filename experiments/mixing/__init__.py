"""Mixing weights: designed for a graph, kept in files, laid out and drawn."""
