"""Grafana's provisioning files: the data source and the provider of the boards."""
