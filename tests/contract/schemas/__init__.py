"""The official ONVIF schemas as an oracle: is this message what the standard says?"""

from tests.contract.schemas.validator import OnvifSchemas, official_schemas

__all__ = ["OnvifSchemas", "official_schemas"]
