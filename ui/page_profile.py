"""What the panel 'What I know about you' shows: active records in groups, and the history. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.profile import Preference, Profile, Statement
from ui.labels import Say

_ORDER = ("Likes", "Dislikes", "Never", "Conditions", "Wishes", "Seen")
_PASSING = ("search", "session")
"""Scopes that are told: what does not last."""
_HISTORY = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One active record. `flips`, `hardens`, `narrows`: whether its polarity, strictness and scope can be changed."""

    id: str
    label: str
    words: str
    polarity: int
    hard: bool
    seen: bool
    scope: str
    scope_text: str
    flips: bool
    hardens: bool
    narrows: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one sort, newest first."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """One ended record: what it was, how it ended, what replaced it."""

    label: str
    sort: str
    ending: str
    instead: str
    on: str


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The whole panel. `verdicts` maps an item id to the buttons that are pressed on its cards."""

    groups: tuple[Group, ...]
    count: int
    history: tuple[Past, ...]
    verdicts: dict[str, list[str]]


def profile_view(profile: Profile, session: str, say: Say) -> ProfileView:
    """Group what holds in this session, for the person and for those they choose for."""
    own = profile.active(session)
    groups = list(_groups(own, session, "", say))
    for person in dict.fromkeys(r.said.person for r in profile.records if r.said.person):
        groups += _groups(profile.active(session, person), session, person, say)
    return ProfileView(
        groups=tuple(groups),
        count=sum(len(g.lines) for g in groups),
        history=tuple(_past(r, profile, say) for r in reversed(profile.records) if r.ended)[:_HISTORY],
        verdicts={str(r.said.values[0]): verdicts_of(r.said) for r in own if r.said.kind == "item"},
    )


def verdicts_of(said: Statement) -> list[str]:
    """Which verdicts a statement about an item holds: 'like' or 'dislike', and 'seen'."""
    judged = [("like" if said.polarity > 0 else "dislike")] if said.rated else []
    return judged + (["seen"] if said.seen else [])


def sort_of(said: Statement) -> str:
    """The group a statement is shown in."""
    if said.kind == "bound" or (said.kind == "facet" and said.hard and said.polarity > 0):
        return "Conditions"
    if said.kind == "facet" and said.hard:
        return "Never"
    if said.kind == "item" and not said.rated:
        return "Seen"
    if said.kind == "wish" and said.polarity > 0:
        return "Wishes"
    return "Likes" if said.polarity > 0 else "Dislikes"


def _groups(records: Iterable[Preference], session: str, person: str, say: Say) -> Iterable[Group]:
    newest = sorted(records, key=lambda r: -r.started)
    for sort in _ORDER:
        lines = tuple(_line(r, session, say) for r in newest if sort_of(r.said) == sort)
        title = say(f"group_{sort}")
        if lines:
            yield Group(say("group_for", group=title, person=person) if person else title, lines)


def _line(record: Preference, session: str, say: Say) -> Line:
    said = record.said
    return Line(
        id=record.id,
        label=said.label,
        words=said.words,
        polarity=said.polarity,
        hard=said.hard,
        seen=said.seen and said.rated,
        scope=said.scope,
        scope_text=say(f"scope_{said.scope}") if said.scope in _PASSING else "",
        flips=said.kind != "bound",
        hardens=said.kind == "facet",
        narrows=said.scope in ("search", "session") or (said.scope == "always" and record.moment.session == session),
    )


def _past(record: Preference, profile: Profile, say: Say) -> Past:
    after = profile.find(record.superseded_by) if record.superseded_by else None
    return Past(
        label=record.said.label,
        sort=say(f"group_{sort_of(record.said)}"),
        ending=say(f"ended_{record.ended}"),
        instead=f"{say(f'group_{sort_of(after.said)}')}: {after.said.label}" if after else "",
        on=record.moment.at[:10],
    )
