"""Keys of KMS: one for what the stack stores, if there is one, and those that encrypt the endpoints' volumes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

type OfType = Callable[[str], dict[str, dict[str, Any]]]

KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}


def test_one_key_encrypts_tables_queues_topics_and_logs(template: dict[str, Any], of_type: OfType) -> None:
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"] == {
            "SSEEnabled": True,
            "SSEType": {"Fn::If": ["HasKey", "KMS", {"Ref": "AWS::NoValue"}]},
            "KMSMasterKeyId": KEY,
        }
    for queue in of_type("AWS::SQS::Queue").values():
        assert queue["KmsMasterKeyId"] == KEY
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", False, True]}
    assert all(topic["KmsMasterKeyId"] == KEY for topic in of_type("AWS::SNS::Topic").values())
    assert all(logs["KmsKeyId"] == KEY for logs in of_type("AWS::Logs::LogGroup").values())
    assert template["Parameters"]["KmsKeyArn"]["Default"] == ""


def test_every_role_of_the_stack_may_use_the_key_and_only_through_dynamodb_and_sqs(of_type: OfType) -> None:
    policy = of_type("AWS::IAM::ManagedPolicy")["DataKeyPolicy"]
    assert {role["Ref"] for role in policy["Roles"]} == set(of_type("AWS::IAM::Role"))
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}
    services = [
        service["Fn::Sub"].split(".")[0] for service in statement["Condition"]["StringEquals"]["kms:ViaService"]
    ]
    assert services == ["dynamodb", "sqs"]


def test_the_page_on_keys_has_each_service_that_uses_the_key(root: Path) -> None:
    page = (root / "docs" / "keys.md").read_text()
    for service in ("logs.", "events.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com", "dynamodb"):
        assert service in page, service


def test_sagemaker_may_use_the_keys_of_endpoints_and_nobody_else_through_this_role(of_type: OfType) -> None:
    grant, describe = of_type("AWS::IAM::ManagedPolicy")["EndpointKeysPolicy"]["PolicyDocument"]["Statement"]
    through = {"kms:ViaService": {"Fn::Sub": "sagemaker.*.${AWS::URLSuffix}"}}
    assert grant["Action"] == ["kms:CreateGrant"]
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}, "StringLike": through}
    assert (describe["Action"], describe["Condition"]) == (["kms:DescribeKey"], {"StringLike": through})
    for statement in (grant, describe):
        assert statement["Resource"] == {"Fn::Split": [",", {"Ref": "EndpointKeyArns"}]}
