"""The cabinets: pages for case workers, partners, auditors, operators and the person herself."""
