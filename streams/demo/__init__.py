"""An invented world of two years, and the story that a visitor follows."""
