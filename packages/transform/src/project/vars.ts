import { InputError } from "@lifecycle/contracts";
import type { Value } from "../jinja/nodes.ts";

/**
 * A var stands in the SQL as its text, so a text that could end a string, begin a comment or a second statement is refused:
 * a name typed by somebody never becomes SQL.
 */
export function checkVars(vars: Readonly<Record<string, Value>>): void {
  for (const [name, value] of Object.entries(vars)) {
    const bad = texts(value).find((text) => /['"`;\\\n\r\0]|--|\/\*|\*\/|#/.test(text));
    if (bad !== undefined) {
      throw new InputError(
        "transform.var_unsafe",
        `var ${name}: ${JSON.stringify(bad.slice(0, 80))} holds a quote, backslash, semicolon, comment or line break, which could change the SQL around it`,
      );
    }
  }
}

function texts(value: Value): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(texts) : [];
}
