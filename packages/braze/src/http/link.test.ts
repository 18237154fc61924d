import { expect, it } from "vitest";
import { nextCursor } from "./link.ts";

it.each([
  [undefined, undefined],
  ["", undefined],
  ['</events?cursor=c2tpcDow>; rel="prev"', undefined],
  ['</events?cursor=c2tpcDow>; rel="prev",</events?cursor=c2tpcDoxMDA=>; rel="next"', "c2tpcDoxMDA="],
  ["<https://rest.iad-01.braze.com/events?cursor=a%2Bb>; rel=next", "a+b"],
  ['</events>; rel="next"', undefined],
  ["<::>; rel=next", undefined],
])("%s leads to %s", (link, cursor) => expect(nextCursor(link)).toBe(cursor));
