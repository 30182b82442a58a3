"""The ways in which a deployment goes wrong."""

from moto.core.exceptions import ServiceException


class RequestError(ServiceException):
    """An API error with its code. Not moto's own: for that moto would look into a service named `core`."""


class TemplateError(RequestError):
    """The request or the template makes no sense: refused at once."""

    code = "ValidationError"


class ResourceError(Exception):
    """A resource cannot be made, changed or deleted; the text becomes the event's reason.

    `code` is the service's error code, empty when no service was asked.
    """

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.code = code
