/** Our own failure, classified by the adapter that saw it. `code` is stable (`braze.rate_limited`); `message` is for people. */
export class LifecycleError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** May succeed if tried again. `retryAfterMs` means "told to wait": waiting so long uses no attempt. */
export class RetryableError extends LifecycleError {
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options?: { cause?: unknown; retryAfterMs?: number }) {
    super(code, message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Will not succeed by trying again: a rejected key, a wrong setting, wrong SQL. Dead letter at once. */
export class FatalError extends LifecycleError {}

/** Something a person gave us is wrong; the message names what, where and what to do. The CLI prints it and exits 64. */
export class InputError extends FatalError {}

/** The stable code of any thrown value; what nobody classified is `unclassified`. */
export function errorCode(error: unknown): string {
  return error instanceof LifecycleError ? error.code : "unclassified";
}

/** One line for people, never a stack trace. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
}
