"""The store contract as tests: every sentence of `app/store/base.py`, held against any store.

To hold it against a store of your own, give the suite two fixtures and import it:

    # conftest.py
    pytest.register_assert_rewrite("dynaspan.testing.contract")

    @pytest.fixture(scope="module")
    def open_store() -> OpenStore:
        '''`async with open_store() as store:` is an open store; all are over the same data.'''

    @pytest.fixture(scope="module")
    def examples() -> int:
        '''How many random programs of 25 steps are compared with a model.'''

    # test_contract.py
    from dynaspan.testing.contract import *  # noqa: F403

Needs pytest, pytest-asyncio with its loop of the session, and hypothesis. For a translator of
your own set `support.translator` to its name in the conftest, and open a CassandraStore.

The data is new at first. A store that is not `shared` is opened once. The suite makes and drops
tables. What a store cannot do, by its `capabilities`, is skipped.
"""

from .batches import *  # noqa: F403
from .catalog import *  # noqa: F403
from .census import *  # noqa: F403
from .fixtures import *  # noqa: F403
from .index_scans import *  # noqa: F403
from .indexes import *  # noqa: F403
from .indexing import *  # noqa: F403
from .items import *  # noqa: F403
from .keys import *  # noqa: F403
from .model import *  # noqa: F403
from .queries import *  # noqa: F403
from .races import *  # noqa: F403
from .resharding import *  # noqa: F403
from .scans import *  # noqa: F403
from .sharing import *  # noqa: F403
from .streams import *  # noqa: F403
from .transactions import *  # noqa: F403
