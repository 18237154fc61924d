/** The cursor in `</events?cursor=AAA>; rel="prev",</events?cursor=BBB>; rel="next"`, of which only `next` leads on. */
export function nextCursor(link: string | undefined): string | undefined {
  for (const [, target = "", params = ""] of (link ?? "").matchAll(/<([^>]*)>([^,<]*)/g)) {
    if (!/;\s*rel="?next"?(\s|;|$)/i.test(params) || !URL.canParse(target, "https://braze.invalid")) continue;
    return new URL(target, "https://braze.invalid").searchParams.get("cursor") ?? undefined;
  }
  return undefined;
}
