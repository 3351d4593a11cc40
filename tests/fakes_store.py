"""The agent's store in memory: what it keeps is gone with it."""

from agent.documents import read_record, write
from agent.errors import BadRequest, StoreError
from agent.profile import Profile
from agent.types import Dialogue, Snapshot, Turn


class MemoryStore:
    """Store and Archive in dictionaries. `commits` counts writes; with `broken` set, every call fails."""

    def __init__(self) -> None:
        self._profiles: dict[tuple[str, str], tuple[int, Profile]] = {}
        self._dialogues: dict[tuple[str, str], Dialogue] = {}
        self._turns: list[Turn] = []
        self.commits = 0
        self.broken = False

    async def load(self, user: str, session: str) -> Snapshot:
        """Read."""
        self._check()
        version, profile = self._profiles.get(_owner(user, session), (0, Profile()))
        return Snapshot(profile, self._dialogues.get((user, session), Dialogue(user, session)), version)

    async def commit(self, turn: Turn) -> None:
        """Write."""
        self._check()
        user, session = turn.dialogue.user, turn.dialogue.session
        if not (user or session):
            raise BadRequest("user '' and session '' own nothing; name one of them")
        write(turn.record)
        version, _ = self._profiles.get(_owner(user, session), (0, Profile()))
        if version != turn.version:
            raise StoreError(f"the profile of user {user!r} was changed meanwhile; send the message again")
        self._profiles[_owner(user, session)] = (version + 1, turn.profile)
        self._dialogues[user, session] = turn.dialogue
        self._turns.append(turn)
        self.commits += 1

    async def conversation(self, user: str, session: str, limit: int) -> list[dict[str, object]]:
        """Return the latest turns of a session."""
        self._check()
        turns = [t for t in self._turns if (t.dialogue.user, t.dialogue.session) == (user, session) and t.dialogue.turn]
        return [dict(t.record) for t in turns[-limit:]]

    async def export(self, user: str) -> dict[str, object]:
        """Return everything about a person."""
        self._check(user)
        _, profile = self._profiles.get((user, ""), (0, Profile()))
        return {
            "user": user,
            "profile": read_record(write(profile), user),
            "dialogues": [
                read_record(write(d), user) for (owner, _), d in sorted(self._dialogues.items()) if owner == user
            ],
            "turns": [
                {"session": t.dialogue.session, "turn": t.dialogue.turn, **t.record}
                for t in self._turns
                if t.dialogue.user == user
            ],
        }

    async def forget_user(self, user: str) -> int:
        """Erase everything about a person."""
        self._check(user)
        before = len(self._turns)
        self._turns = [t for t in self._turns if t.dialogue.user != user]
        self._profiles.pop((user, ""), None)
        self._dialogues = {key: d for key, d in self._dialogues.items() if key[0] != user}
        return before - len(self._turns)

    def _check(self, user: str = "somebody") -> None:
        if self.broken:
            raise StoreError("the store is switched off; switch it on")
        if not user:
            raise BadRequest("user '' has no records of their own; name the user")


def _owner(user: str, session: str) -> tuple[str, str]:
    return user, "" if user else session
