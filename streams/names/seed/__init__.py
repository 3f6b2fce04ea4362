"""What ships: names, forms of states, vocabulary and coefficients as data, and the scripts that build them."""
