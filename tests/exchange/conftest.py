"""One service for the tests of a worker, each with a company of its own."""

from api.conftest import api, company, url

__all__ = ["api", "company", "url"]
