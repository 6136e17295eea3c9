// Cargo wants a target to resolve dependencies; nothing is built from this file.
