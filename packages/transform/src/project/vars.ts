import type { Value } from "../jinja/nodes.ts";
import { type Finding, findingAt, type SourceFile } from "./places.ts";

/**
 * A var stands in the SQL as its text, so a text that could end a string, begin a comment or a second statement is refused:
 * a name typed by somebody never becomes SQL. `file` is where they stand.
 */
export function unsafeVars(vars: Readonly<Record<string, Value>>, file: SourceFile): Finding[] {
  return Object.entries(vars).flatMap(([name, value]) => {
    const bad = texts(value).find((text) => /['"`;\\\n\r\0]|--|\/\*|\*\/|#/.test(text));
    if (bad === undefined) return [];
    return findingAt(
      file,
      Math.max(
        0,
        file.text.search(new RegExp(`(?<=^[ \\t]*)["']?${name.replace(/\W/g, "\\$&")}["']?\\s*:`, "m")),
      ),
      `var ${name}: ${JSON.stringify(bad.slice(0, 80))} holds a quote, backslash, semicolon, comment or line break, which could change the SQL around it`,
      "Keep a plain value in the var, and write the SQL around it in the model.",
    );
  });
}

function texts(value: Value): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(texts) : [];
}
