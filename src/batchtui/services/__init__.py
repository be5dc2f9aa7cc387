"""The use cases: what a user can do, in terms of the domain, the store and the API."""
