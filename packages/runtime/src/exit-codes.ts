import { errorCode, InputError } from "@lifecycle/contracts";

/** How our processes end (sysexits.h where it has a word). A supervisor does not restart after the last three. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** A wrong argument or input file. */
  usage: 64,
  /** Something we need is not there: Redis, a warehouse someone else holds. */
  unavailable: 69,
  /** The settings are not usable. */
  config: 78,
} as const;

/** The exit code an error that ends a process stands for. */
export function exitCodeOf(error: unknown): number {
  const code = errorCode(error);
  if (code.startsWith("settings.")) return EXIT.config;
  if (/\.(unavailable|busy)$/.test(code)) return EXIT.unavailable;
  return error instanceof InputError ? EXIT.usage : EXIT.failed;
}
