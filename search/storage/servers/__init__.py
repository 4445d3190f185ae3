"""Database servers: connections, the lease of a driver, fenced writes."""
