"""A question and its answer, read: out of the cache, or asked, and asked once more where it cannot be read."""

from dataclasses import dataclass, replace

from workbench.assist.answer import Answer, AnswerError, read_answer
from workbench.assist.chat import Message, Reply, Request
from workbench.assist.client import CallError, Client

# An answer that was cut off is asked for once more with this much more room.
_MORE_ROOM = 2
_REFUSALS = frozenset({"content_filter", "refusal"})


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer with what it cost: the reply that it was read from, and whether it took a second asking."""

    answer: Answer
    reply: Reply
    again: bool = False


def ask(client: Client, request: Request, *, document: str = "") -> Asked:
    """The model's answer. Raises CallError where there is none that can be read, after one more asking.

    What is raised is a failure of this bulletin: nothing here turns an unread answer into "no spans".
    """
    key = request.key(address=client.endpoint.identity, model=client.endpoint.model)
    kept = client.store.answer(key)
    if kept is not None:
        return Asked(read_answer(kept.content), kept)
    asked = _ask(client, request, document)
    client.store.keep(key, model=client.endpoint.model, reply=asked.reply)
    return asked


def _ask(client: Client, request: Request, document: str) -> Asked:
    reply = client.send(request, document=document)
    try:
        return Asked(_read(reply), reply)
    except AnswerError as error:
        problem = str(error)
    second = client.send(_once_more(request, reply, problem), document=document)
    try:
        return Asked(_read(second), _together(reply, second), again=True)
    except AnswerError as error:
        raise CallError(f"{problem}, and asked again: {error}") from None


def _read(reply: Reply) -> Answer:
    """Raises AnswerError for an answer to ask for again, CallError for a refusal, which stays one."""
    if reply.finish in _REFUSALS:
        raise CallError("the model refused to answer")
    if reply.finish == "length":
        raise AnswerError("the answer was cut off at its greatest length")
    return read_answer(reply.content)


def _once_more(request: Request, reply: Reply, problem: str) -> Request:
    """The request that is sent second: with more room after a cut, with what was wrong after any other fault."""
    if reply.finish == "length":
        return replace(request, max_tokens=request.max_tokens * _MORE_ROOM)
    correction = f"That could not be read: {problem}. Answer again, with the one JSON object that was asked for only."
    said = (Message("assistant", reply.content[:4000]),) if reply.content.strip() else ()
    return replace(request, messages=(*request.messages, *said, Message("user", correction)))


def _together(first: Reply, second: Reply) -> Reply:
    """The second reply, with what both cost."""
    return replace(
        second,
        prompt_tokens=first.prompt_tokens + second.prompt_tokens,
        completion_tokens=first.completion_tokens + second.completion_tokens,
        seconds=first.seconds + second.seconds,
        tries=first.tries + second.tries,
    )
