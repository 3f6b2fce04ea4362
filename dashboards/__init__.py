"""What is seen: boards as code, the generated Grafana JSON, provisioning."""
