import { fileURLToPath } from "node:url";
import { FatalError, type LandedFile } from "@lifecycle/contracts";

/** The path on this machine of a landed file. */
export function localPath(file: LandedFile): string {
  if (file.uri.startsWith("file://")) return fileURLToPath(file.uri);
  if (!file.uri.includes("://")) return file.uri;
  throw new FatalError("warehouse.unreadable_file", `a file of this machine was expected, got ${file.uri}`);
}
