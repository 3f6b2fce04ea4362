"""How it moves: place, watch, store, deliver and clock as wiring; ports are arguments."""
