/** An identifier of DuckDB, always quoted: its reserved words are not BigQuery's. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string of DuckDB. Control characters go through `E''`, so that the compiled text stays readable. */
export function quote(text: string): string {
  if (!/[\n\r\t\0]/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll("\0", "\\x00");
  return `E'${escaped}'`;
}
