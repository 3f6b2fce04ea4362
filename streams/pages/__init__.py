"""What officers and staff see without Grafana."""
