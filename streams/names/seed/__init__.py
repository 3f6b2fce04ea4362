"""What ships: names, forms of states, vocabulary and coefficients as versioned data, and the scripts that build them."""
