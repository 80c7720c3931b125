"""The partner's cabinet: offers, requests, reports, and the way aboard."""
