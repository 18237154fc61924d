import { errorMessage, FatalError, LifecycleError, RetryableError } from "@lifecycle/contracts";

/**
 * An error of DuckDB, classified. The Node binding gives no code, only a message that begins with the exception's type
 * (`Binder Error: …`, fixed in DuckDB's `exception.cpp`); that type decides, not the words after it.
 */
export function classify(error: unknown, doing: string): LifecycleError {
  if (error instanceof LifecycleError) return error;
  const message = `${doing}: ${firstLines(error)}`;
  switch (exceptionType(error)) {
    case "Out of Memory Error":
      return new FatalError("warehouse.out_of_memory", message, { cause: error });
    case "Interrupt Error":
    case "INTERRUPT Error":
      return new RetryableError("warehouse.timeout", message, { cause: error });
    case "IO Error":
      return new RetryableError("warehouse.io", message, { cause: error });
    case "FATAL Error":
    case "INTERNAL Error":
      return new FatalError("warehouse.engine_failed", message, { cause: error });
    default:
      return new FatalError("warehouse.sql_failed", message, { cause: error });
  }
}

/** True when another process has the database file open. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("IO Error: Could not set lock on file");
}

export function exceptionType(error: unknown): string {
  return /^([A-Za-z ]+ Error):/.exec(error instanceof Error ? error.message : "")?.[1] ?? "";
}

/** What went wrong and, where DuckDB shows it, the line of SQL: without its hints and links. */
function firstLines(error: unknown): string {
  if (!(error instanceof Error)) return errorMessage(error);
  const [first, ...rest] = error.message.split("\n");
  const where = rest.find((line) => line.startsWith("LINE "));
  return where === undefined ? first! : `${first} (${where.trim()})`;
}
