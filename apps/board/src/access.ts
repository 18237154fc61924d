import { createHash, timingSafeEqual } from "node:crypto";
import { InputError } from "@lifecycle/contracts";
import type { Secret, Settings } from "@lifecycle/runtime";
import type { Request, RequestHandler } from "express";
import { refusal } from "./http-error.ts";

type BoardSettings = Pick<Settings["board"], "host" | "user"> & {
  password?: Secret | undefined;
  api_token?: Secret | undefined;
};

/** Who may do what, decided from the headers of a request. */
export interface Access {
  /** Refuses requests that another site sent through somebody's browser. */
  fromHere: RequestHandler;
  /** Lets the operator in. */
  toSee: RequestHandler;
  /** The operator, or whoever shows the API token. */
  toRead: RequestHandler;
  /** Whoever may ask for runs: with the API token; on this machine without one only when none is set. */
  toAsk: RequestHandler;
}

/**
 * The access rules of a board. On a loopback address without a password everybody on the machine is the operator, but only
 * under a loopback name, so that no other site's name can be pointed here.
 * Throws `settings.board_exposed` when other machines could reach a board that asks for no password.
 */
export function createAccess(board: BoardSettings): Access {
  const isLocal = isLoopback(board.host);
  if (!isLocal && !board.password) {
    throw new InputError(
      "settings.board_exposed",
      `board.host is ${board.host}, which other machines can reach, and there is no board.password. Set BOARD_PASSWORD (or BOARD_PASSWORD_FILE), or use 127.0.0.1.`,
    );
  }
  const isOperator = (request: Request): boolean =>
    board.password === undefined || showsPassword(request, board.user, board.password);
  const showsToken = (request: Request): boolean =>
    board.api_token !== undefined && isEqual(bearerOf(request), board.api_token.reveal());

  const allow =
    (isAllowed: (request: Request) => boolean): RequestHandler =>
    (request, _response, next) =>
      next(isAllowed(request) ? undefined : refusal(401, "board.unauthorized", "Name and password, please."));
  return {
    fromHere: (request, _response, next) => next(foreignness(request, isLocal && !board.password)),
    toSee: allow(isOperator),
    toRead: allow((request) => isOperator(request) || showsToken(request)),
    toAsk: (request, _response, next) => {
      if (board.api_token ? showsToken(request) : isLocal && isOperator(request)) return next();
      const how = board.api_token
        ? "Send the API token as `Authorization: Bearer …`."
        : "Other machines may ask for runs only when BOARD_API_TOKEN is set.";
      next(refusal(board.api_token ? 401 : 403, "board.unauthorized", how));
    },
  };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Why a request must not be served, as far as where it comes from is concerned. */
function foreignness(request: Request, onlyLoopbackNames: boolean): Error | undefined {
  if (onlyLoopbackNames && !isLoopback(hostNameOf(request.headers.host))) {
    return refusal(403, "board.foreign_host", "Use the address 127.0.0.1 or localhost.");
  }
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  const site = request.headers["sec-fetch-site"];
  const { origin } = request.headers;
  const isOwnOrigin = origin === undefined || originHost(origin) === request.headers.host;
  const isOwnSite = site === undefined || site === "same-origin" || site === "none";
  if (isOwnOrigin && isOwnSite) return undefined;
  return refusal(403, "board.cross_site", "This request was sent by another site.");
}

function hostNameOf(host: string | undefined): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "";
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function showsPassword(request: Request, user: string, password: Secret): boolean {
  const encoded = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return isEqual(Buffer.from(encoded, "base64").toString("utf8"), `${user}:${password.reveal()}`);
}

function bearerOf(request: Request): string {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

/** Takes equally long whatever differs: digests of one length are compared whole. */
function isEqual(shown: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(expected));
}
