"""Mutations of kinds that no promise of the protocol names: reads, guards, pages, clocks, lags, losses and metrics.

A suite that names the rule sees each of them.
"""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_READS, _GUARDS, _PAGES = "tests/rules/test_reads.py", "tests/rules/test_guards.py", "tests/rules/test_pages.py"
_METRICS, _CANCELLED = "tests/rules/test_metrics.py", "tests/rules/test_cancelled_transactions.py"
_CLOCKS, _LAG = "tests/preheat/domain/record/test_clocks.py", "tests/days/test_looks_that_lag.py"
_LOST, _APPLY = "tests/days/test_a_model_that_is_lost.py", "tests/days/test_an_apply_during_a_pass.py"
_PUBLISH = "tests/functions/test_publish_handler.py"

_read = partial(Mutation, sees="S3", rule="a decision rests on strongly consistent reads", suite=_READS)
_page = partial(Mutation, sees="L4", rule="what comes in pages is read to the last one", suite=_PAGES)
_guard = partial(
    Mutation, sees="S3", rule="what takes something away is guarded by all it was decided on", suite=_GUARDS
)
_metric = partial(Mutation, sees="L3", rule="each metric counts once in each of its sets", suite=_METRICS)
_cancel = partial(Mutation, sees="S6", rule="each reason of a cancellation has its meaning", suite=_CANCELLED)
_stated = partial(Mutation, rule="a time that the docs state is the code's", suite="tests/rules/test_stated_times.py")
_clock = partial(Mutation, sees="S8", rule="no time from the future holds anybody up", suite=_CLOCKS)
_lag = partial(Mutation, sees="S4", rule="a start that no look has shown stays Preheat's", suite=_LAG)
_lost = partial(Mutation, sees="L3", rule="what was ready and is lost is reported", suite=_LOST)

_RECORDS, _REQUESTS = "adapters/dynamodb/records.py", "adapters/dynamodb/requests.py"
_FLEET, _FAILURES = "adapters/dynamodb/fleet.py", "adapters/dynamodb/failures.py"
_RECONCILE, _OBSERVABILITY = "app/reconcile/reconcile.py", "observability/publish.py"
_AUDIT_OF = "app/audit/audit.py"
_CLOCKS_OF, _ATTEMPT, _PROMISE = "domain/record/clocks.py", "domain/record/attempt.py", "domain/decision/promise.py"

_RECORD = "                record = self.store.load(model_id)"
_WHY = "  # before the ledger, which only grows"
_LEDGER = """
                whole = is_whole_turn(model_id, now)
                store = self.store
                ledger = store.read_ledger(model_id) if whole else store.read_recent_ledger(model_id, now - RECENT)
"""
_RECORD_FIRST, _LEDGER_FIRST = _RECORD + _WHY + _LEDGER, _LEDGER + _RECORD + "\n"

MUTATIONS = (
    # --- reads ------------------------------------------------------------------------------------------------------
    _read(
        name="reads: a record that may lag",
        file=_RECORDS,
        old="name, model_id, RECORD, consistent_read=True, attributes_to_get=attributes",
        new="name, model_id, RECORD, attributes_to_get=attributes",
    ),
    _read(
        name="reads: many records that may lag",
        file=_RECORDS,
        old="batch_get_item(name, some, consistent_read=True)",
        new="batch_get_item(name, some, consistent_read=False)",
    ),
    _read(
        name="reads: a ledger that may lag",
        file=_RECORDS,
        old="query(model_id, consistent_read=True)",
        new="query(model_id)",
    ),
    _read(
        name="reads: a reply that may lag",
        file=_REQUESTS,
        old="read(name, partition, str(number), consistent_read=True)",
        new="read(name, partition, str(number))",
    ),
    _read(
        name="reads: requests that may lag",
        file=_REQUESTS,
        old='"consistent_read": True',
        new='"consistent_read": False',
    ),
    _read(
        name="reads: one request that may lag",
        file=_REQUESTS,
        old="key, item, consistent_read=True, attributes_to_get=attributes",
        new="key, item, attributes_to_get=attributes",
    ),
    _read(
        name="reads: the names of a plan that may lag",
        file=_FLEET,
        old='consistent_read=True, attributes_to_get=["item"]',
        new='attributes_to_get=["item"]',
    ),
    _read(
        name="reads: an item of a plan that may lag",
        file=_FLEET,
        old="read(name, plan, item, consistent_read=True)",
        new="read(name, plan, item)",
    ),
    # --- guards -----------------------------------------------------------------------------------------------------
    _guard(
        name="guards: none for the closing of a gate",
        file=_RECONCILE,
        old="decision.call.call in (Call.STOP, Call.CLOSE)",
        new="decision.call.call in (Call.STOP,)",
    ),
    _guard(
        name="guards: none for a stop",
        file=_RECONCILE,
        old="decision.call.call in (Call.STOP, Call.CLOSE)",
        new="decision.call.call in (Call.CLOSE,)",
    ),
    _guard(
        name="guards: of the first schedule alone",
        file=_RECONCILE,
        old="situation.plan_version), *situation.guards.items()]",
        new="situation.plan_version), *list(situation.guards.items())[:1]]",
    ),
    Mutation(
        name="guards: the plan that was current before",
        file=_RECONCILE,
        old="[(Guarded.PLAN, situation.plan_version)",
        new="[(Guarded.PLAN, situation.record.plan_version - 1)",
        rule="what takes something away is guarded by all it was decided on",
        sees="S3",
        suite=_GUARDS,
    ),
    Mutation(
        name="guards: not checked beyond the transaction",
        file=_RECORDS,
        old="            self._check_beyond(record.model_id, beyond)\n",
        new="",
        rule="a write has as many guards as it needs",
        sees="S3",
        suite="tests/contracts/test_requests.py",
    ),
    Mutation(
        name="guards: more than a transaction takes",
        file=_RECORDS,
        old="dict(schedules[:SCHEDULES_MAX]), dict(schedules[SCHEDULES_MAX:])",
        new="dict(schedules), {}",
        rule="a stop never depends on the number of schedules",
        sees="L2",
        suite="tests/contracts/test_requests.py",
    ),
    # --- pages ------------------------------------------------------------------------------------------------------
    _page(
        name="pages: the first of a list",
        file="adapters/hosting/listing.py",
        old='            if not answer.get("NextToken"):\n                return\n',
        new="            return\n",
    ),
    _page(
        name="pages: the first of the tags",
        file="adapters/hosting/sagemaker.py",
        old='            if not answer.get("NextToken"):\n                return found\n',
        new="            return found\n",
    ),
    _page(
        name="pages: the first of an endpoint's scaling",
        file="adapters/hosting/scaling.py",
        old='            if not answer.get("NextToken"):\n                return found\n',
        new="            return found\n",
    ),
    _page(
        name="pages: the first of the stack's tag",
        file="adapters/hosting/listing.py",
        old='if found or not answer.get("NextToken"):',
        new="if True:",
    ),
    # --- metrics ----------------------------------------------------------------------------------------------------
    _metric(
        name="metrics: late starts without their schedule",
        file=_OBSERVABILITY,
        old='"StartsOnTime", "StartsLate"})',
        new='"StartsOnTime"})',
    ),
    _metric(
        name="metrics: all by schedule alone",
        file=_OBSERVABILITY,
        old="if (each[0] in BY_SCHEDULE) is of_schedules]",
        new="if of_schedules]",
    ),
    _metric(
        name="metrics: counted in both lines",
        file=_OBSERVABILITY,
        old="if (each[0] in BY_SCHEDULE) is of_schedules]",
        new="if (each[0] in BY_SCHEDULE) or not of_schedules]",
    ),
    _metric(
        name="metrics: a start that failed not counted",
        file=_OBSERVABILITY,
        old='found.append(("StartFailures", MetricUnit.Count, 1))',
        new="pass",
    ),
    _metric(
        name="metrics: a loss not counted",
        file=_OBSERVABILITY,
        old='found.append(("ModelsLost", MetricUnit.Count, 1))',
        new="pass",
    ),
    _metric(
        name="metrics: late counted as on time",
        file=_OBSERVABILITY,
        old='"StartsLate" if entry.late else "StartsOnTime"',
        new='"StartsOnTime"',
    ),
    Mutation(
        name="metrics: counted at each delivery",
        file="app/publish.py",
        old="        if key in self._keys:\n            return False\n",
        new="",
        rule="an entry counts once, however often its record comes",
        sees="L3",
        suite=_PUBLISH,
    ),
    # --- cancellations ----------------------------------------------------------------------------------------------
    _cancel(
        name="cancellations: a conflict not known",
        file=_FAILURES,
        old='    "TransactionConflict": Failure.CONFLICT,\n    "ThrottlingError"',
        new='    "ThrottlingError"',
    ),
    _cancel(
        name="cancellations: throttling not known",
        file=_FAILURES,
        old='    "ThrottlingError": Failure.BUSY,\n',
        new="",
    ),
    _cancel(
        name="cancellations: throughput not known",
        file=_FAILURES,
        old='    "ThrottlingError": Failure.BUSY,\n    "ProvisionedThroughputExceeded": Failure.BUSY,\n',
        new='    "ThrottlingError": Failure.BUSY,\n',
    ),
    _cancel(
        name="cancellations: the first reason alone",
        file=_FAILURES,
        old="for reason in error.cancellation_reasons if reason is not None}",
        new="for reason in error.cancellation_reasons[:1] if reason is not None}",
    ),
    _cancel(
        name="cancellations: tried once",
        file=_FAILURES,
        old="failure in (Failure.BUSY, Failure.CONFLICT) else None",
        new="failure in (Failure.BUSY,) else None",
    ),
    # --- times that the docs state -----------------------------------------------------------------------------------
    _stated(
        name="stated: readings of an empty queue closer together",
        file="domain/record/looks.py",
        old="READINGS_APART = timedelta(seconds=30)",
        new="READINGS_APART = timedelta(seconds=20)",
        sees="S12",
    ),
    _stated(
        name="stated: turns looked ahead for a tick only",
        file="app/reconcile/next_look.py",
        old="TURN_HORIZON = timedelta(minutes=5)",
        new="TURN_HORIZON = timedelta(minutes=1)",
        sees="L1",
    ),
    _stated(
        name="stated: a moving gate checked half as often",
        file="domain/record/looks.py",
        old="GATE_EVERY = timedelta(seconds=20)",
        new="GATE_EVERY = timedelta(seconds=40)",
        sees="L1",
    ),
    _stated(
        name="stated: the first check of a gate at once",
        file="domain/decision/gating.py",
        old="FIRST_LOOK = timedelta(seconds=25)",
        new="FIRST_LOOK = timedelta(seconds=5)",
        sees="S10",
    ),
    _stated(
        name="stated: a start that was checked late counts as a sample",
        file="domain/lead/evidence.py",
        old="OVERDUE_MOST = timedelta(minutes=3)",
        new="OVERDUE_MOST = timedelta(minutes=30)",
        sees="L1",
    ),
    _stated(
        name="stated: the services listed once an hour",
        file="app/audit/audit.py",
        old="LISTS_EVERY: Final = timedelta(minutes=15)",
        new="LISTS_EVERY: Final = timedelta(minutes=60)",
        sees="L4",
    ),
    _stated(
        name="stated: releases that came early forgotten after three days",
        file="domain/demand/request.py",
        old="KEPT_AFTER_EXPIRY = timedelta(days=30)",
        new="KEPT_AFTER_EXPIRY = timedelta(days=3)",
        sees="S6",
    ),
    # --- clocks -----------------------------------------------------------------------------------------------------
    _clock(name="clocks: never off", file=_CLOCKS_OF, old="abs(now - served_at) > OFF_AFTER", new="False"),
    _clock(name="clocks: off only ahead", file=_CLOCKS_OF, old="abs(now - served_at)", new="(now - served_at)"),
    _clock(
        name="clocks: a second looser",
        file=_CLOCKS_OF,
        old="timedelta(seconds=30)",
        new="timedelta(seconds=31)",
    ),
    _clock(
        name="clocks: parts of a record not looked into",
        file=_CLOCKS_OF,
        old="            found += _list_ahead(part, now)\n",
        new="            pass\n",
    ),
    _clock(
        name="clocks: parts of a record not bounded",
        file=_CLOCKS_OF,
        old="            changes[name] = _bound(part, now)\n",
        new="            pass\n",
    ),
    _clock(
        name="clocks: the effort of a fast clock kept",
        file=_CLOCKS_OF,
        old="_bound(change(record, effort=None, ended_effort=None), now)",
        new="_bound(record, now)",
    ),
    _clock(
        name="clocks: two within the limit count as ahead",
        file=_CLOCKS_OF,
        old="AHEAD_AFTER = timedelta(minutes=5)",
        new="AHEAD_AFTER = timedelta(seconds=119)",
    ),
    Mutation(
        name="clocks: a tick that wakes no such record",
        file="app/tick.py",
        old="elif record is not None and find_ahead(record, now) is not None:",
        new="elif record is not None and False:",
        rule="no time from the future holds anybody up",
        sees="S8",
        suite="tests/days/test_clock_trouble.py",
    ),
    Mutation(
        name="clocks: each trusted until it is off",
        file=_CLOCKS_OF,
        old="error if abs(error) > TRUSTED_WITHIN else timedelta()",
        new="error if abs(error) > OFF_AFTER else timedelta()",
        rule="no clock ends the lease of a worker that may still call",
        sees="S8",
        suite="tests/days/test_clock_trouble.py",
    ),
    Mutation(
        name="clocks: corrected the other way",
        file="app/ports/clock.py",
        old="self.clock.now() - self.error",
        new="self.clock.now() + self.error",
        rule="no clock ends the lease of a worker that may still call",
        sees="S8",
        suite="tests/days/test_clock_trouble.py",
    ),
    Mutation(
        name="clocks: a pass that goes by its own",
        file=_RECONCILE,
        old="    if is_off(shown, served_at):\n",
        new="    if False:\n",
        rule="a pass takes no step by a clock that is off",
        sees="S3",
        suite="tests/days/test_clock_trouble.py",
    ),
    # --- looks that lag ---------------------------------------------------------------------------------------------
    _lag(
        name="lag: let go once the lease is over",
        file=_ATTEMPT,
        old="SHOWN_WITHIN = timedelta(minutes=10)",
        new="SHOWN_WITHIN = timedelta(minutes=2)",
    ),
    _lag(
        name="lag: what is at rest needs no look",
        file="domain/decision/resting.py",
        old="if situation.observation.observed is Observed.STOPPED and attempt.may_come_up(now):",
        new="if False:",
    ),
    _lag(
        name="lag: a rejected start disowns the one before",
        file="domain/decision/starting.py",
        old="if record.attempt is not None and record.attempt.may_come_up(situation.now):",
        new="if False:",
    ),
    Mutation(
        name="tokens: the same in two stacks",
        file=_ATTEMPT,
        old="of_stack = [stack] if stack else []",
        new="of_stack: list[str] = []",
        rule="no call of one stack is the replay of another's",
        sees="S5",
        suite="tests/days/test_two_stacks.py",
    ),
    # --- losses -----------------------------------------------------------------------------------------------------
    _lost(
        name="losses: none is reported",
        file=_PROMISE,
        old="lost=lost or gave_up)",
        new="lost=gave_up)",
    ),
    _lost(
        name="losses: given up in silence",
        file=_PROMISE,
        old="lost=lost or gave_up)",
        new="lost=lost)",
    ),
    _lost(
        name="losses: given up again and again",
        file=_PROMISE,
        old="move.gives_up and not effort.gave_up",
        new="move.gives_up",
    ),
    _lost(
        name="losses: a failed model still serves",
        file=_PROMISE,
        old="Observed.STOPPING, Observed.FAILED, Observed.UNFIT",
        new="Observed.STOPPING, Observed.UNFIT",
    ),
    _lost(
        name="losses: a stopped model still serves",
        file=_PROMISE,
        old="{Observed.STOPPED, Observed.STARTING",
        new="{Observed.STARTING",
    ),
    _lost(
        name="losses: holds are not named",
        file="domain/decision/writing.py",
        old="judgement.late or judgement.lost else ()",
        new="judgement.late else ()",
    ),
    _lost(
        name="losses: no event",
        file="app/publish.py",
        old="    if entry.lost:\n",
        new="    if False:\n",
    ),
    Mutation(
        name="metrics: wait for the bus",
        file="app/publish.py",
        old="        if key in self._keys:\n            return False\n",
        new="        return False\n",
        rule="metrics do not wait for a bus that is out of reach",
        sees="L3",
        suite=_PUBLISH,
    ),
    Mutation(
        name="guards: a plan that nothing checks",
        file=_RECORDS,
        old="PlanItem.version == seen if seen else PlanItem.plan.does_not_exist()",
        new="PlanItem.version >= seen if seen else PlanItem.plan.does_not_exist()",
        rule="a stop is guarded by the plan it was decided on",
        sees="S3",
        suite="tests/contracts/test_requests.py",
    ),
    Mutation(
        name="guards: of schedules that have no request yet",
        file=_RECORDS,
        old="RequestItem.version == seen if seen else RequestItem.model_id.does_not_exist()",
        new="RequestItem.version >= seen if seen else RequestItem.model_id.does_not_exist()",
        rule="what takes something away is guarded by all it was decided on",
        sees="S3",
        suite="tests/contracts/test_requests.py",
    ),
    Mutation(
        name="clocks: an answer's Date that nobody reads",
        file="adapters/dynamodb/connection.py",
        old='parsedate_to_datetime(http_response.headers["Date"])',
        new="None",
        rule="the store says what time its last answer names",
        sees="S3",
        suite="tests/contracts/test_dynamo_store.py",
    ),
    Mutation(
        name="plan: the gate closes on an older one",
        file=_RECONCILE,
        old="guards = _guard_stop(situation) if stops else {}",
        new="guards = dict(situation.guards) if stops else {}",
        rule="a stop is guarded by the plan it was decided on",
        sees="S3",
        suite=_APPLY,
    ),
    # --- the audit --------------------------------------------------------------------------------------------------
    Mutation(
        name="audit: a record read after its ledger",
        file=_AUDIT_OF,
        old=_RECORD_FIRST,
        new=_LEDGER_FIRST,
        rule="an entry between two readings of the audit breaks no promise",
        sees="S7",
        suite="tests/preheat/app/audit/test_audit.py",
    ),
    Mutation(
        name="audit: a service without a list hides what runs",
        file=_AUDIT_OF,
        old="        unscheduled += _find_without_list(records, verdicts)\n",
        new="",
        rule="every leak raises an alarm",
        sees="L4",
        suite="tests/days/test_a_bad_day.py",
    ),
)
