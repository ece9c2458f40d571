// Whose is this?
