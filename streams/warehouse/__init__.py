"""Tables, migrations and the two engines behind one `Warehouse`."""
