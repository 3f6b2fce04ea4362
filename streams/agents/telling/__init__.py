"""Telling: what a channel was last told, what holds now, and the words that close the gap.

Everything here is pure, except `channels`, which carries a finished message out of the house.
"""
