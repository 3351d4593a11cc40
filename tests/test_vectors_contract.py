"""The exact vector store keeps the contract of the real one."""

import pytest

from tests.contracts_vectors import VectorStoreContract
from tests.fakes_retrieval import BruteForceVectors


class TestBruteForceVectors(VectorStoreContract):
    """The fake is an oracle."""

    @pytest.fixture
    def store(self) -> BruteForceVectors:
        """Return an empty store."""
        return BruteForceVectors()
