"""``report.html``: what a run found, on one page for its reader."""
