"""The 23 points: what each demands, and the checks that hold it. Does not know how a check runs.

A check is `tests`, `rules` over the expanded template, `checkov` (ids of its checks), or `scans`. `tests` are node ids
of pytest; a function without parameters means all of its cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

ROLES, SENDERS = "tests/template/test_roles.py::", "tests/template/test_senders.py::"
RIGHTS = "tests/functions/test_rights.py::"
TEMPLATE, TELEMETRY = "tests/template/test_template.py::", "tests/preheat/observability/test_telemetry.py::"
MEMBERS, MESSAGE = "tests/preheat/adapters/hosting/test_members.py::", "tests/preheat/app/requests/test_message.py::"
PUBLISH = "tests/functions/test_publish_handler.py::"
SENDER_RIGHTS = "tests/preheat/app/requests/test_rights.py::"
HOSTILE = "tests/preheat/app/requests/test_hostile_messages.py::"
DESK, STORE = "tests/preheat/app/requests/test_desk.py::", "tests/contracts/test_store.py::"
MEMBER_ROLE, ALARMS = "tests/template/test_member_role.py::", "tests/template/test_alarms.py::"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the list, with what holds it."""

    number: int
    demand: str
    tests: Sequence[str] = ()
    rules: Sequence[str] = ()
    checkov: Sequence[str] = ()
    scans: Sequence[str] = ()


POINTS: Sequence[Point] = (
    Point(
        1,
        "No wildcard action; every resource only where a service has none",
        tests=[ROLES + "test_no_role_names_a_wildcard"],
        rules=["wildcards"],
        checkov=[f"CKV_AWS_{number}" for number in (60, 61, 62, 63, 107, 108, 109, 110, 111)],
    ),
    Point(
        2,
        "A role for each function, with no action that it does not use",
        tests=[
            ROLES + "test_each_role_holds_exactly_the_listed_actions",
            RIGHTS + "test_no_function_calls_what_its_role_does_not_allow",
            RIGHTS + "test_without_one_of_its_rights_a_function_cannot_do_its_work",
            RIGHTS + "test_who_only_wakes_writes_nothing_but_what_waking_needs",
        ],
        rules=["roles"],
    ),
    Point(
        3,
        "The ledger is append-only; a change raises an alarm",
        tests=[
            ROLES + "test_no_function_can_rewrite_the_ledger",
            STORE + "test_a_ledger_entry_is_never_overwritten_and_its_record_is_not_written_either",
            "tests/preheat/adapters/dynamodb/test_stream.py::test_what_is_changed_or_deleted_is_reported_whatever_its_image",
            ALARMS + "test_every_alarm_on_our_own_metrics_has_something_that_raises_it",
        ],
        rules=["ledger"],
    ),
    Point(
        4,
        "Models only of this account, these regions and this prefix",
        tests=[TEMPLATE + "test_no_parameter_means_every_project_by_default"],
        rules=["models"],
    ),
    Point(
        5,
        "Services assume roles only for this stack; nobody passes roles",
        tests=[ROLES + "test_only_schedules_of_our_group_and_account_may_take_the_schedule_role"],
        rules=["deputies"],
    ),
    Point(
        6,
        "Queues, topics and bus: TLS only, named senders only",
        tests=[
            SENDERS + "test_only_the_named_roles_services_and_admins_send_to_a_queue",
            SENDERS + "test_every_role_that_may_send_to_a_queue_is_one_of_its_named_senders",
            SENDERS + "test_only_publish_and_admins_put_events_whose_source_is_preheat",
            SENDERS + "test_only_alarms_and_rules_of_the_stack_publish_to_a_topic",
            TEMPLATE + "test_requests_come_from_assumed_roles_and_the_rules_of_the_stack_alone",
        ],
        rules=["doors"],
    ),
    Point(
        7,
        "Encryption at rest, with your key by parameter",
        tests=["tests/template/test_keys.py::test_one_key_encrypts_tables_queues_topics_and_logs"],
        rules=["encryption"],
        checkov=["CKV_AWS_26", "CKV_AWS_27", "CKV_AWS_119", "CKV_AWS_158", "CKV_AWS_173"],
    ),
    Point(
        8,
        "Tables: restorable, protected, outlive the stack",
        tests=[TEMPLATE + "test_a_table_is_kept_encrypted_and_restorable_whatever_happens_to_the_stack"],
        rules=["tables"],
        checkov=["CKV_AWS_28"],
    ),
    Point(
        9,
        "Log groups declared, kept 30 to 400 days",
        tests=[TEMPLATE + "test_every_function_logs_to_a_declared_group_kept_30_to_400_days"],
        rules=["logs"],
        checkov=["CKV_AWS_66"],
    ),
    Point(10, "Concurrency is bounded", rules=["concurrency"], checkov=["CKV_AWS_115"]),
    Point(
        11,
        "What fails ends in a queue that raises an alarm",
        tests=[
            TEMPLATE + "test_every_way_to_lose_work_ends_in_a_queue_that_keeps_it_14_days",
            ALARMS + "test_every_function_and_every_queue_that_keeps_failures_is_watched",
        ],
        rules=["failures"],
        checkov=["CKV_AWS_116"],
    ),
    Point(
        12,
        "Messages: hidden long enough, fail alone, five tries",
        tests=[TEMPLATE + "test_each_request_fails_alone", TEMPLATE + "test_each_message_is_one_pass_and_fails_alone"],
        rules=["retries"],
    ),
    Point(
        13,
        "Runtime with patches for 12 months; traces by parameter",
        tests=[TEMPLATE + "test_traces_are_off_unless_asked_for"],
        rules=["runtimes"],
        checkov=["CKV_AWS_363"],
    ),
    Point(
        14,
        "No secret in template, variables, files or history",
        rules=["settings"],
        checkov=["CKV_AWS_45"],
        scans=["secrets", "history"],
    ),
    Point(
        15,
        "Other accounts: ExternalId drawn by us, listed roles, narrow sessions of 15 minutes",
        tests=[
            MEMBERS + "test_no_role_is_assumed_without_an_external_id",
            MEMBERS + "test_a_session_is_short_limited_to_the_listed_models_and_under_the_accounts_external_id",
            MEMBERS + "test_a_session_that_is_not_one_of_the_role_is_not_used",
            MEMBERS + "test_a_session_is_kept_for_an_account_a_region_and_a_plan_version",
            MEMBER_ROLE + "test_only_the_stacks_role_is_let_in_and_only_under_the_external_id",
            MEMBER_ROLE + "test_an_external_id_of_ones_own_is_refused_and_one_that_was_drawn_is_not",
            "tests/contracts/test_accounts.py::test_an_external_id_is_drawn_once_and_is_another_for_each_account",
        ],
    ),
    Point(
        16,
        "Requests: bounded, known fields only, every body answered",
        tests=[
            MESSAGE + "test_hostile_json_is_refused_before_a_field_is_checked",
            MESSAGE + "test_a_wrong_field_is_named_with_what_was_found_and_what_is_accepted",
            HOSTILE + "test_any_body_is_answered_once_and_an_invalid_one_changes_nothing",
            "tests/preheat/adapters/sqs/test_work.py::test_no_body_makes_the_parser_fail_in_another_way",
        ],
    ),
    Point(
        17,
        "Logs: JSON only, text from outside capped and never a metric",
        tests=[
            TELEMETRY + "test_text_from_outside_stays_one_capped_field_of_one_line",
            TELEMETRY + "test_a_log_line_is_json_whatever_stands_in_it",
            TELEMETRY + "test_a_refused_request_is_counted_once_without_a_dimension_that_it_chooses",
        ],
    ),
    Point(
        18,
        "Accounts, addresses and roles masked in logs",
        tests=[
            TELEMETRY + "test_an_account_is_masked_in_every_field_of_a_line",
            TELEMETRY + "test_accounts_roles_and_addresses_are_masked_wherever_a_log_line_quotes_them",
            TELEMETRY + "test_what_a_traceback_quotes_is_masked_too",
        ],
    ),
    Point(19, "Dependencies: exact, hashed, few; SBOM with licences", scans=["locks", "sbom"]),
    Point(
        20,
        "Workflows: pinned by commit, read-only",
        tests=["tests/docs/test_door.py::test_a_workflow_is_pinned_and_only_a_release_may_write"],
        scans=["workflows"],
    ),
    Point(21, "Code: nothing of medium or high severity", scans=["code"]),
    Point(
        22,
        "A stolen role: history stays, only listed models move",
        tests=[
            RIGHTS + "test_no_role_rewrites_history_or_touches_a_foreign_model",
            ROLES + "test_no_role_may_hand_a_role_on_and_two_may_enter_the_listed_member_accounts",
            ROLES + "test_an_endpoint_is_deleted_only_under_the_tag_of_the_stack_which_no_role_can_put_on_another",
            ROLES + "test_who_answers_requests_reaches_their_replies_alone_and_no_models_ledger",
        ],
        rules=["ledger", "models"],
    ),
    Point(
        23,
        "Cost as an attack: units, hours, rates and plans are capped and alarmed, calls are finite",
        tests=[
            DESK + "test_more_units_than_the_plan_lets_a_request_have_are_rejected_with_the_most",
            DESK + "test_a_hold_or_extend_beyond_the_budget_is_rejected_with_the_rest_of_it",
            SENDER_RIGHTS + "test_a_sender_that_asks_too_often_reads_when_to_try_again_and_blocks_nobody",
            SENDER_RIGHTS + "test_hours_a_day_are_counted_however_many_tiny_holds_follow",
            "tests/tools/preheat_cli/test_ceilings.py::test_a_plan_above_a_ceiling_is_refused_unless_the_option_names_it",
            "tests/days/test_units_by_request.py::test_a_minute_with_more_units_than_the_quota_keeps_no_shift_from_being_served",
            ALARMS + "test_an_alarm_is_raised_by_its_fault_and_not_by_a_calm_hour",
            PUBLISH + "test_no_number_of_schedules_makes_more_series_of_metrics_than_the_limit",
            DESK + "test_the_longest_allowed_is_the_stacks",
            DESK + "test_what_has_ended_is_dropped_to_make_room_and_its_release_still_says_so",
            DESK + "test_an_extension_is_bounded_from_now_on_and_each_one_is_asked_for",
            "tests/days/test_holds_and_blocks.py::test_restarts_for_more_units_come_to_an_end",
        ],
        rules=["costs"],
    ),
)
