"""Errors of requests, templates and resources."""

from moto.core.exceptions import ServiceException


class RequestError(ServiceException):
    """An API error with its code. moto's own error class would make moto look for a service named `core`."""


class TemplateError(RequestError):
    """The request or the template is invalid; CloudFormation refuses it at once."""

    code = "ValidationError"


class ResourceError(Exception):
    """A resource cannot be made, changed or deleted; the text becomes the event's reason.

    `code` is the service's error code, empty when no service was asked.
    """

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.code = code
