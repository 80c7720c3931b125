"""A first draft of a registry's folder, written from its WSDL or OpenAPI description."""
