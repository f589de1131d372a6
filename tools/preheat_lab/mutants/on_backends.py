"""Mutations of the backends that set a level or ask a user's function: what serves, what stops, what an answer proves.

The contract suite and the days of a model that serves in part see each of them.
"""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_CONTRACT, _SERVING = "tests/contracts/test_hosting.py", "tests/days/test_serving.py"
_COMPONENT, _SCALING = "adapters/hosting/component.py", "adapters/hosting/scaling.py"
_FUNCTION, _RESTING = "adapters/hosting/function.py", "domain/decision/resting.py"

_level = partial(Mutation, file=_COMPONENT, suite=_CONTRACT, rule="a call sets how many copies run")
_answer = partial(
    Mutation, file=_FUNCTION, suite=_CONTRACT, sees="S3", rule="an answer outside of the contract is lost"
)
_serving = partial(Mutation, suite=_SERVING, sees="L1", rule="ready means that as much serves as was started")

MUTATIONS = (
    _level(name="component: no copy is hosted", old="if current > 0:", new="if current >= 0:", sees="L1"),
    _level(
        name="component: a stop leaves a copy",
        old="self._set_copies(attempt.target, 0)",
        new="self._set_copies(attempt.target, 1)",
        sees="L2",
    ),
    _level(
        name="component: a stop that is rejected is never repeated",
        old="raise WrongState(str(error), retried=error.retried) from error",
        new="raise",
        sees="L2",
    ),
    _level(
        name="component: at no copies and not yet empty is stopped",
        old="return Observed.STOPPED if current == 0 else Observed.STOPPING",
        new="return Observed.STOPPED",
        sees="S4",
    ),
    Mutation(
        name="component: a neighbour keeps a stop from being made",
        file=_SCALING,
        old="        except HostingError:\n            return",
        new="        except HostingError:\n            raise",
        rule="a neighbour's failure keeps no stop from being made",
        sees="L2",
        suite=_CONTRACT,
    ),
    _answer(
        name="function: an unknown status is stopped",
        old="STATUSES.get(status, Observed.UNKNOWN)",
        new="STATUSES.get(status, Observed.STOPPED)",
    ),
    _answer(
        name="function: one that failed has accepted",
        old='if answer.get("FunctionError"):',
        new='if answer.get("FunctionFailure"):',
    ),
    _answer(
        name="function: an answer without a status is accepted",
        old="if not isinstance(status, str):",
        new="if status is not None and not isinstance(status, str):",
    ),
    _answer(
        name="function: an error of an unknown type is accepted",
        old='if "error" in answer:',
        new='if "error" in answer and answer["error"].get("type") in ERROR_TYPES:',
    ),
    _serving(
        name="serving: a stop for the copies that are missing",
        file=_RESTING,
        old="return bool(situation.observation.serving) and not wants_more",
        new="return False",
    ),
    Mutation(
        name="function: one that is away has no model",
        file=_FUNCTION,
        old='"ResourceNotFoundException": AnswerLost',
        new='"ResourceNotFoundException": ModelGone',
        rule="a function that is away says nothing about its model",
        sees="L2",
        suite="tests/days/test_what_cannot_be_read.py",
    ),
)
