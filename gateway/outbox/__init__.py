"""Messages on their way: their rows, order, leases, attempts and ends. See `gateway.delivery`."""
