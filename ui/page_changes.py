"""The buttons that change a profile: each is one trusted call, no model takes part."""

from agent import Assistant
from agent.errors import BadRequest
from agent.profile import Profile
from ui.page_click import Click
from ui.page_ids import Visitor
from ui.page_profile import verdicts_of


async def change(assistant: Assistant, visitor: Visitor, click: Click) -> Profile:
    """Do what a click on a card or in the panel asks; AgentError if it cannot be done."""
    user = visitor.user
    match click.act:
        case "react":
            return await _react(assistant, visitor, click)
        case "edit":
            return await _edit(assistant, user, click)
        case "forget":
            return await assistant.forget(user, [click.id])
        case "undo":
            return await assistant.undo(user)
        case _:
            raise BadRequest(f"{click.act!r} changes no preference; reload the page")


async def _react(assistant: Assistant, visitor: Visitor, click: Click) -> Profile:
    """A verdict that holds already is taken back, as with any pressed button."""
    profile = await assistant.profile(visitor.user)
    for record in profile.active(visitor.session):
        about_it = record.said.kind == "item" and record.said.values == (click.item,)
        if about_it and click.verdict in verdicts_of(record.said):
            return await assistant.forget(visitor.user, [record.id])
    return await assistant.react(visitor.user, visitor.session, click.item, click.verdict)


async def _edit(assistant: Assistant, user: str, click: Click) -> Profile:
    return await assistant.edit(
        user,
        click.id,
        polarity=None if click.polarity is None else (1 if click.polarity == "1" else -1),
        hard=None if click.hard is None else click.hard == "yes",
        scope=click.scope,
    )
