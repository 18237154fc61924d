import { InputError } from "@lifecycle/contracts";

/** The key goes over plain http to this machine only; the sandbox's is no secret and goes anywhere. */
export function isSafe(address: string, isSandbox: boolean): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || url.username) return false;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && (isLoopback || isSandbox));
}

/** The base of every address, without a slash at its end. Throws InputError `braze.base_url` when it is none, or would show the key. */
export function checkedBase(baseUrl: string, isSandbox: boolean): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url && isSafe(baseUrl, isSandbox)) return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  const shown = url ? `${url.protocol}//${url.host}` : "no URL";
  const message = `base_url must be https (http only on this machine), such as https://rest.iad-01.braze.com; got ${shown}`;
  throw new InputError("braze.base_url", message);
}
