"""What people look at: one script per paper, each runnable as ``python -m paper_figs.NAME [--out DIR] [--quick]``."""
