"""Numbered SQL files, forward only, each safe to run twice; `streams.warehouse.migrations` applies them."""
