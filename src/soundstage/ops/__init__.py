"""Pure functions on tensors (and, for levels, on arrays): no parameters, no state."""
