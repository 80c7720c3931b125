"""Employment: the employment service, asked by ticket."""
