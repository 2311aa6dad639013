"""The report: one HTML page that shows every theorem, its standing and its evidence, and needs nothing but a browser."""

from __future__ import annotations

from experiments.report.page import render, write

__all__ = ["render", "write"]
