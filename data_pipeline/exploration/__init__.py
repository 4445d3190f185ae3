"""What a data set looks like: statistics, charts and one page, of development rows."""
