import { readFile } from "node:fs/promises";
import { errorMessage, InputError } from "@lifecycle/contracts";

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder, not a file",
  EACCES: "it may not be read by this user",
};

/** The text of a file that `--file` names. Throws `InputError input.unreadable` with its name and why. */
export function givenText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = WHY[error.code ?? ""] ?? errorMessage(error);
    throw new InputError("input.unreadable", `--file ${path}: ${why}.`);
  });
}
