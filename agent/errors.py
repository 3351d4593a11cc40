"""Everything that can go wrong in the agent.

AgentError                  `code` for programs; the message for people: one line, the bad value, the next step
├── BadRequest              the request itself: empty ids, over-long text, a malformed field
├── UnknownPreference       no such record in the person's ledger
├── ModelError
│   ├── ModelDown           a language model does not answer, now
│   ├── ModelMisconfigured  it never will: a wrong key, a wrong model name
│   ├── ModelRefused        it does not take this one request, for example because it is too long
│   ├── BadPlan             a model answered with something that is not a plan
│   └── Unfounded           nothing of its reply is in the data
└── StoreError              profiles and dialogues cannot be read or written
"""

from typing import ClassVar


class AgentError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "agent_error"


class BadRequest(AgentError):
    """The request cannot be served as it is."""

    code = "bad_request"


class UnknownPreference(AgentError):
    """There is no such record in the person's ledger."""

    code = "unknown_preference"


class ModelError(AgentError):
    """A language model failed."""

    code = "model_error"


class ModelDown(ModelError):
    """A language model does not answer."""

    code = "model_down"


class ModelMisconfigured(ModelError):
    """A language model refuses: its settings are wrong."""

    code = "model_misconfigured"


class ModelRefused(ModelError):
    """A language model does not take this one request."""

    code = "model_refused"


class BadPlan(ModelError):
    """A model answered with something that is not a plan."""

    code = "bad_plan"


class Unfounded(ModelError):
    """Nothing of a model's reply is in the data."""

    code = "unfounded_reply"


class StoreError(AgentError):
    """Profiles and dialogues cannot be read or written."""

    code = "store_error"
