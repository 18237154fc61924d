import { errorCode, errorMessage, InputError } from "@lifecycle/contracts";
import { type Logger, maskSecrets } from "@lifecycle/runtime";
import type { ErrorRequestHandler } from "express";

/** An answer that says no: a status, a stable code and one line for people. */
class HttpError extends InputError {
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(code, message);
    this.status = status;
  }
}

export function refusal(status: number, code: string, message: string): HttpError {
  return new HttpError(status, code, message);
}

/** Every error of the board leaves as `{error: {code, message}}`; what nobody expected is logged and told in general terms. */
export function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, code, message } = describe(error);
    if (status >= 500) {
      logger.error({ path: request.path, code, reason: errorMessage(error) }, "a request failed");
    }
    if (status === 401) response.set("WWW-Authenticate", 'Basic realm="lifecycle", charset="UTF-8"');
    response.status(status).json({ error: { code, message: maskSecrets(message) } });
  };
}

function describe(error: unknown): { status: number; code: string; message: string } {
  const code = errorCode(error);
  if (error instanceof HttpError) return { status: error.status, code, message: error.message };
  if (error instanceof InputError && !code.startsWith("settings."))
    return { status: 400, code, message: error.message };
  // What Express itself refuses: a body that is no JSON, too long, a path that does not decode.
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  if (typeof status === "number" && status < 500 && (expose === true || expose === undefined)) {
    return { status, code: "request.malformed", message: errorMessage(error) };
  }
  return { status: 500, code, message: "The board could not answer; its log says why." };
}
