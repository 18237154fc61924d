/** An error as the REST API answers it, or as a failed job carries it. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  get body() {
    const error = { reason: this.reason, message: this.message, domain: "global" };
    return { error: { code: this.status, message: this.message, errors: [error], status: this.reason } };
  }

  get proto() {
    return { reason: this.reason, message: this.message, location: "" };
  }
}

export function notFound(what: string): ApiError {
  return new ApiError(404, "notFound", `Not found: ${what}`);
}

export function invalid(message: string): ApiError {
  return new ApiError(400, "invalid", message);
}
