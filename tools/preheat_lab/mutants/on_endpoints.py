"""Mutations of what only endpoints have: what serves, their scaling, a shortage of capacity, and fallback configs.

Explorer and simulation know few of these promises, so each names the suite of tests that sees it.
"""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_SERVING = "tests/days/test_serving.py"
_SCALING = "tests/days/test_scaling.py"
_CAPACITY = "tests/days/test_capacity.py"
_CONFIGS = "tests/days/test_fallback_configs.py"
_TAGS = "tests/days/test_tags.py"
_adapter = partial(Mutation, file="adapters/hosting/sagemaker.py", sees="L1")
_scaling = partial(Mutation, file="domain/decision/scaling.py", sees="L1", suite=_SCALING)
_start = partial(Mutation, file="domain/decision/starting.py", sees="L1")
_listed = partial(
    Mutation,
    file="adapters/hosting/sagemaker.py",
    sees="L1",
    suite="tests/contracts/test_endpoints_in_a_list.py",
)

MUTATIONS = (
    Mutation(
        name="a shortage for more units is tried with as many again",
        file="domain/decision/starting.py",
        old="    record, shortage = fall_back(model, situation.record)",
        new='    record, shortage = situation.record, ""',
        rule="after a shortage for more units the demand falls back to the plan's own",
        sees="S13",
        suite="tests/days/test_capacity.py",
    ),
    _scaling(
        name="scaling: not read again before a stop that is repeated",
        old="again = attempt is not None and attempt.call is Call.STOP",
        new="again = False",
        rule="what an owner sets up while the service refuses the stop comes back too",
    ),
    Mutation(
        name="verdict: ready although its stop found nothing",
        file="domain/verdict/judging.py",
        old="Answer.GONE in (facts.find_answer(Call.START), facts.find_answer(Call.STOP))",
        new="facts.find_answer(Call.START) is Answer.GONE",
        rule="READY is said only of what serves",
        sees="S15",
        suite="tests/preheat/domain/verdict/test_judging.py",
    ),
    Mutation(
        name="an endpoint in service without an instance is ready",
        file="domain/record/observation.py",
        old="    if observation.serving >= needed:\n",
        new="    if observation.serving >= 0:\n",
        rule="ready means that something serves",
        sees="L1",
        suite=_SERVING,
    ),
    _adapter(
        name="a config that names no model is as good as any",
        old='            if not all(variant.get("ModelName") for variant in found.get("ProductionVariants", [])):',
        new="            if found is None:",
        rule="an endpoint is created only from a config that names a model",
        suite=_SERVING,
    ),
    _adapter(
        name="a stop that the scaling forbids is in the wrong state",
        old="            if SCALES in str(error):",
        new="            if not str(error):",
        rule="a refusal because of scaling is reported once with its remedy",
        suite=_SCALING,
    ),
    _scaling(
        name="the scaling is not read before a stop",
        old='    """Return whether the next step may be a stop that removes an endpoint whose scaling is unknown."""',
        new='    """Return False."""\n    return False',
        rule="the scaling is read before the stop that removes it",
    ),
    _scaling(
        name="the scaling counts as there although its endpoint is gone",
        old="        kept = change(kept, is_removed=True)",
        new="        kept = change(kept, is_removed=False)",
        rule="what a stop removed is restored after the next start",
    ),
    _scaling(
        name="the scaling is forgotten after one failed try",
        old="    return record, told if kept.tries == 1 else None",
        new="    return change(record, scaling=None), told if kept.tries == 1 else None",
        rule="the scaling is restored until that succeeds",
    ),
    _start(
        name="a shortage spends an attempt",
        old="        attempts=max(effort.attempts - 1, 0),",
        new="        attempts=effort.attempts,",
        rule="a shortage of capacity spends no attempt",
        suite=_CAPACITY,
    ),
    _start(
        name="a shortage is a failure like any other",
        old="    if failed and situation.observation.no_capacity:",
        new="    if failed and not situation.observation.observed:",
        rule="a shortage is tried until the demand ends",
        suite=_CAPACITY,
    ),
    _start(
        name="a shortage is reported at each try",
        old="    action = Action.CAPACITY if effort.short_since is None else Action.LOOK",
        new="    action = Action.CAPACITY",
        rule="a shortage is reported once in a demand",
        suite=_CAPACITY,
    ),
    _start(
        name="a shortage never moves to the next config",
        old="        fallback=fallback,\n        short_since",
        new="        fallback=None,\n        short_since",
        rule="configs are tried in their order",
        suite=_CONFIGS,
    ),
    Mutation(
        name="a start from a fallback is a sample for the lead",
        file="domain/decision/resting.py",
        old="    starts = attempt is not None and attempt.call is Call.START and attempt.target == record.target",
        new="    starts = attempt is not None and attempt.call is Call.START",
        rule="only starts from the first config say how long a start takes",
        sees="L1",
        suite=_CONFIGS,
    ),
    Mutation(
        name="a fallback is looked at as if it were the first config",
        file="app/reconcile/reconcile.py",
        old="    return model.find_target(record.effort.fallback)",
        new="    return record.target",
        rule="a config that cannot be used is left out",
        sees="L1",
        suite=_CONFIGS,
    ),
    _listed(
        name="list: an endpoint created again is the same",
        old="    return (created_at, modified_at) if created_at",
        new="    return (modified_at, modified_at) if created_at",
        rule="a list shows an endpoint as it was only with both its times",
    ),
    _listed(
        name="list: an endpoint that was changed is the same",
        old="if listed.get(target.project) == times",
        new="if target.project in listed",
        rule="a list shows an endpoint as it was only with both its times",
    ),
    _listed(
        name="list: endpoints in any status",
        old='            StatusEquals="InService",\n',
        new="",
        rule="a list shows only what is in service",
    ),
    _listed(
        name="list: for one endpoint alone",
        old="if len(known) < 2:",
        new="if not known:",
        rule="a list takes the place of two glances at least",
    ),
    _listed(
        name="list: a look without an answer leaves what was known",
        old="        self._seen.pop(target, None)\n",
        new="",
        rule="a list shows what the last look showed, or nothing",
    ),
    _listed(
        name="list: of whole seconds that leave out the last",
        old=" + timedelta(seconds=1),",
        new=",",
        rule="a list has the last endpoint too",
    ),
    _listed(
        name="list: of a member account",
        file="adapters/hosting/router.py",
        old="target.backend is Backend.SAGEMAKER and target.role is None",
        new="target.backend is Backend.SAGEMAKER",
        rule="the role of a member lists for the audit alone",
    ),
    _listed(
        name="list: a failure ends the round",
        file="app/reconcile/glancing.py",
        old="    except HostingError:\n        return {}",
        new="    except HostingError:\n        raise",
        rule="without a list each model gets a glance",
        suite="tests/preheat/app/test_a_round_of_glances.py",
    ),
    _listed(
        name="list: a model without calls left needs none",
        file="app/reconcile/glancing.py",
        old="    if permit_look(record, Mode.ACT, now).instead is not None:",
        new="    if listed is None and permit_look(record, Mode.ACT, now).instead is not None:",
        rule="a model without calls left gets a pass",
        suite="tests/preheat/app/test_a_round_of_glances.py",
    ),
    Mutation(
        name="scaling: that of one endpoint for another",
        file="domain/lead/evidence.py",
        old="        record = change(record, scaling=None, kept_tags=())",
        new="        record = change(record, kept_tags=())",
        rule="another endpoint gets no scaling that an owner gave the last one",
        sees="L1",
        suite=_SCALING,
    ),
    _adapter(
        name="tags: a reserved one in capitals is kept",
        old="key.lower().startswith(RESERVED)",
        new="key.startswith(RESERVED)",
        rule="a start sends no tag that AWS or Preheat reserves",
        suite=_TAGS,
    ),
    _adapter(
        name="tags: recalled for another endpoint of the same name",
        old="known is not None and known[0] == created_at",
        new="known is not None",
        sees="S15",
        rule="a look shows whose endpoint it is",
        suite=_TAGS,
    ),
    Mutation(
        name="tags: lost with a new config of the endpoint",
        file="domain/lead/evidence.py",
        old="if target.resource() != record.target.resource():",
        new="if target != record.target:",
        rule="what belongs to an endpoint stays with it",
        sees="L7",
        suite=_TAGS,
    ),
)
