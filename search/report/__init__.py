"""The command that writes a report; the page is made in ``search.report_page``."""
