"""What keeps the exchange answerable: statements and notices, findings, sealed parts, holds and erasure."""
