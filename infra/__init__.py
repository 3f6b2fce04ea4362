"""What it runs on: migrations, broker, compose, provisioning."""
