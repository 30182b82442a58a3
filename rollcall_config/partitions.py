"""The Regions that host the Account API, one in each partition, and what differs between them."""

from __future__ import annotations

from typing import Final

# Endpoints of the service models (botocore): account.us-east-1.amazonaws.com and
# account.cn-northwest-1.amazonaws.com.cn; GovCloud's is not published, its Organizations is in us-gov-west-1.
PARTITIONS: Final = {"us-east-1": "aws", "cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}

# In GovCloud the layer is another account's, and no parameter is documented for it. In China only
# cn-north-1 has a documented layer: `powertools_layer` names another one.
# https://docs.aws.amazon.com/powertools/python/latest/getting-started/install/
POWERTOOLS_LAYERS: Final = {
    "us-gov-west-1": "arn:aws-us-gov:lambda:us-gov-west-1:165093116878:layer:"
    "AWSLambdaPowertoolsPythonV3-python313-arm64:27"
}
