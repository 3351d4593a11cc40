"""What the API answers, as the models its description is made of. Answers are written by `ui.views` and
`ui.http_turns`; a test holds every one of them against these."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from agent.types import NoteKind
from retrieval.types import EvidenceKind
from ui.profile_types import Answer, PreferenceView

Arguments: TypeAlias = Mapping[str, JsonValue]


class ErrorDetail(Answer):
    """What is wrong: in one line for people, the bad value and the next step; `code` is for programs."""

    message: str
    type: Literal["invalid_request_error", "authentication_error", "rate_limit_error", "server_error"]
    param: str | None = Field(description="The field at fault, such as messages[0].content.")
    code: str


class Error(Answer):
    """Every failure has this form, OpenAI's."""

    error: ErrorDetail


class EvidenceView(Answer):
    """One checkable ground: `ref` names the signal, `detail` says it for people, `weight` is its share of the score."""

    kind: EvidenceKind
    ref: str
    detail: str
    weight: float


class Span(Answer):
    """A passage of the item's text."""

    field: Literal["description"]
    start: int
    end: int
    text: str


class CitedEvidence(EvidenceView):
    """Evidence, with the passage if it stands on one."""

    span: Span | None


class Citation(Answer):
    """Where what is said about an item can be checked: an address on the web if the catalogue has one, and evidence."""

    number: int = Field(description="As the reply numbers it, from 1.")
    item_id: str
    title: str
    url: str | None
    evidence: list[CitedEvidence]


class ReasonView(Answer):
    """A sentence for people and what it stands on."""

    text: str
    evidence: list[EvidenceView]


class Recommendation(Answer):
    """One item of the list. `facets` holds what the catalogue knows, under the catalogue's own names; `image` is the
    address of its picture: a path of this server, or a whole one."""

    item_id: str
    title: str
    score: float = Field(ge=0, le=1)
    image: str | None
    facets: Mapping[str, str | float | bool | list[str]]
    reasons: list[ReasonView]


class Call(Answer):
    """A tool call of the plan."""

    tool: str
    arguments: Arguments


class Observation(BaseModel):
    """What a call reported; the further fields depend on `type`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["found", "noted", "answered", "compared"])


class TracedCall(Call):
    """A call as it ran."""

    observed: list[Observation]
    ms: float


class NoteView(Answer):
    """Something about a language model's work: a rung that fell, a piece of an answer that was mended or dropped."""

    kind: NoteKind
    detail: str


class DiversityView(Answer):
    """What diversity did to the list. Variety is the mean cosine distance of two of its items; `closest` is that of as
    many best matches, and `kept` the share of their scores that the list has."""

    setting: float = Field(ge=0, le=1)
    variety: float = Field(ge=0, le=2)
    closest: float = Field(ge=0, le=2)
    kept: float = Field(ge=0, le=1)


class List(Answer):
    """The list and its citations."""

    recommendations: list[Recommendation]
    citations: list[Citation]


class Extras(List):
    """What stands beside the standard fields of a completion."""

    profile: list[PreferenceView]
    plan: list[Call]
    trace: list[TracedCall]
    notes: list[NoteView]
    diversity: DiversityView | None
    tier: str
    language: str
    timings_ms: Mapping[str, float]
    session: str


class Usage(Answer):
    """Tokens read and written."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(Answer):
    """The reply, in Markdown."""

    role: Literal["assistant"]
    content: str
    refusal: None


class Choice(Answer):
    """The one choice."""

    index: Literal[0]
    message: AnswerMessage
    logprobs: None
    finish_reason: Literal["stop", "length"]


class ChatCompletion(Extras):
    """A completion as OpenAI's API gives it, and what the recommender says beside it."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice] = Field(min_length=1, max_length=1)
    usage: Usage


class Delta(BaseModel):
    """A piece of the reply; empty in the last one."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(Answer):
    """The one choice of a piece."""

    index: Literal[0]
    delta: Delta
    logprobs: None
    finish_reason: Literal["stop", "length"] | None


class ChatCompletionChunk(BaseModel):
    """One `data:` line of a stream. The first carries the list, before any word about it; the one with a finish_reason
    carries all that a whole completion has beside its text."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice] = Field(max_length=1)
    usage: Usage | None = None
    recommendations: list[Recommendation] | None = None
    citations: list[Citation] | None = None
    profile: list[PreferenceView] | None = None
    plan: list[Call] | None = None
    trace: list[TracedCall] | None = None
    notes: list[NoteView] | None = None
    diversity: DiversityView | None = None
    tier: str | None = None
    language: str | None = None
    timings_ms: Mapping[str, float] | None = None
    session: str | None = None


class Model(Answer):
    """A catalogue, as a model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    catalog: str
    title: str
    items: int
    built_at: str


class Models(Answer):
    """All of them; the first is the default."""

    object: Literal["list"]
    data: list[Model]


class Health(Answer):
    """The process runs."""

    status: Literal["ok"]


class Readiness(Answer):
    """Per catalogue 'ok', or why it cannot be searched."""

    status: Literal["ok", "unready"]
    catalogs: Mapping[str, str]
