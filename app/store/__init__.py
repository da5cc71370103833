"""Where items live. `base` is the contract; the packages beside it keep it."""
