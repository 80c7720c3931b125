"""The operator's cabinet: sources, queues, contracts, keys, the record, agencies."""
