"""ClickHouse migrations and users."""
