"""The two ways in which a deployment goes wrong."""

from moto.core.exceptions import ServiceException


class TemplateError(ServiceException):
    """The request or the template makes no sense: refused at once, as CloudFormation's ValidationError."""

    code = "ValidationError"


class ResourceError(Exception):
    """A resource cannot be made, changed or deleted; the text becomes the event's reason."""
