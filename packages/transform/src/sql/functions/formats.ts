import { SqlProblem } from "../problem.ts";

/** BigQuery's format elements that DuckDB's strftime writes alike. */
const written: Readonly<Record<string, string>> = {
  Y: "%Y",
  y: "%y",
  m: "%m",
  d: "%d",
  H: "%H",
  I: "%I",
  M: "%M",
  S: "%S",
  j: "%j",
  a: "%a",
  A: "%A",
  b: "%b",
  h: "%b",
  B: "%B",
  p: "%p",
  G: "%G",
  V: "%V",
  u: "%u",
  w: "%w",
  U: "%U",
  W: "%W",
  F: "%Y-%m-%d",
  D: "%m/%d/%y",
  T: "%H:%M:%S",
  R: "%H:%M",
  E3S: "%S.%g",
  E6S: "%S.%f",
  "%": "%%",
};

/** Those that strptime reads alike; seconds with a fraction only here, since it may be absent. */
const read: Readonly<Record<string, string>> = {
  Y: "%Y",
  m: "%m",
  d: "%d",
  e: "%d",
  H: "%H",
  I: "%I",
  M: "%M",
  S: "%S",
  p: "%p",
  b: "%b",
  h: "%b",
  B: "%B",
  a: "%a",
  A: "%A",
  y: "%y",
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  R: "%H:%M",
  "E*S": "%S.%n",
  E6S: "%S.%n",
  E3S: "%S.%n",
  z: "%z",
  Ez: "%z",
  "%": "%%",
};

/** The strftime text of a BigQuery format. Throws `SqlProblem` for an element that the engines write differently. */
export function writeFormat(format: string): string {
  return translate(format, written);
}

/** The strptime text of a BigQuery format. */
export function readFormat(format: string): string {
  const text = translate(format, read);
  if (!/%[Yy]/.test(text)) {
    throw new SqlProblem(
      "date.format",
      `'${format}' has no year: what is parsed would be of 1970 in BigQuery and of 1900 in DuckDB`,
      "Put a year before it: PARSE_DATE('%Y-%m', CONCAT('2024-', x)).",
    );
  }
  if (text.includes("%I") !== text.includes("%p")) {
    throw new SqlProblem("date.format", "%I and %p are read alike only together", "Write %H, or %I with %p.");
  }
  return text;
}

/** BigQuery's PARSE_DATE takes no element of a time of day. */
export function refuseTimeElements(format: string): void {
  const [element] = /%(E\*S|E\dS|E?z|[HIMSpTR])/.exec(format.replaceAll("%%", "")) ?? [];
  if (element !== undefined)
    throw new SqlProblem("date.format", `PARSE_DATE takes no ${element}`, "Write DATE(PARSE_TIMESTAMP(…)).");
}

function translate(format: string, elements: Readonly<Record<string, string>>): string {
  return format.replace(/%(E\*S|E\dS|E[a-zA-Z]|[\s\S]|$)/g, (whole, element: string) => {
    const text = elements[element];
    if (text !== undefined) return text;
    throw new SqlProblem(
      "date.format",
      `format element ${whole} is not allowed here`,
      `Use ${Object.keys(elements)
        .map((name) => `%${name}`)
        .join(" ")}.`,
    );
  });
}
