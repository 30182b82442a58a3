"""The one exception that a simulated API raises."""


class ApiError(Exception):
    """An error response.

    `code` is the wire code (AccessDeniedException, not CloudTrail's AccessDenied), `status` the HTTP
    status, `reason` the modelled Reason member where a service sends one, `request_id` the id of the
    refused request (empty until the cloud answers it).
    """

    def __init__(
        self, code: str, message: str, status: int = 400, *, reason: str | None = None, request_id: str = ""
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason
        self.request_id = request_id

    def copy_for_request(self, request_id: str) -> "ApiError":
        """A copy for one request: an injected error may be raised many times."""
        return ApiError(self.code, self.message, self.status, reason=self.reason, request_id=request_id)
