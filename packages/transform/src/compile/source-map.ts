import type { Rendered, Segment } from "../jinja/render.ts";

/** The file and offset where a character of the rendered text was written. */
export function sourceOf(rendered: Rendered, at: number): { file: string; offset: number } {
  let found: Segment | undefined;
  for (const segment of rendered.segments) {
    if (segment.at > at) break;
    found = segment;
  }
  if (found === undefined) return { file: rendered.segments[0]?.file ?? "", offset: 0 };
  return { file: found.file, offset: found.exact ? found.source + (at - found.at) : found.source };
}

/** `before` + `inserted` + after, with the places of all three. */
export function insertAt(rendered: Rendered, at: number, inserted: Rendered): Rendered {
  const length = inserted.text.length;
  const segments: Segment[] = [];
  for (const segment of rendered.segments) {
    if (segment.at < at) segments.push(segment);
  }
  segments.push(...inserted.segments.map((segment) => ({ ...segment, at: segment.at + at })));
  const split = sourceSegmentAt(rendered, at);
  if (split) segments.push({ ...split, at: at + length });
  for (const segment of rendered.segments) {
    if (segment.at > at) segments.push({ ...segment, at: segment.at + length });
  }
  return { text: rendered.text.slice(0, at) + inserted.text + rendered.text.slice(at), segments };
}

/** The rest, after the insertion, of the segment that the insertion cuts. */
function sourceSegmentAt(rendered: Rendered, at: number): Segment | undefined {
  const segment = rendered.segments.findLast((candidate) => candidate.at <= at);
  if (segment === undefined) return undefined;
  return { ...segment, source: segment.exact ? segment.source + (at - segment.at) : segment.source };
}

/** Rendered texts one after another, joined by text of our own. */
export function concat(parts: readonly (Rendered | string)[], file: string): Rendered {
  const whole: Rendered = { text: "", segments: [] };
  for (const part of parts) {
    const at = whole.text.length;
    if (typeof part === "string") {
      if (part !== "") whole.segments.push({ at, file, source: 0, exact: false });
      whole.text += part;
    } else {
      whole.segments.push(...part.segments.map((segment) => ({ ...segment, at: segment.at + at })));
      whole.text += part.text;
    }
  }
  return whole;
}
